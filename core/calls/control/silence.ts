import { and, asc, eq, sql } from 'drizzle-orm';
import { callCommands } from '../../../db/schema/call-commands.ts';
import { callEvents } from '../../../db/schema/call-events.ts';
import type { OperationContext } from '../../context.ts';

/** How supervisors have told an agent to say nothing. */
export interface Silenced {
  readonly muted: boolean;
  /** A colleague has the caller. */
  readonly takenOver: boolean;
}

const speaking: Silenced = { muted: false, takenOver: false };

/**
 * What has become of it after these commands, in their order. Pure; worker/session/control/silence.ts does the same.
 */
export function silencedBy(kinds: readonly string[]): Silenced {
  let now = speaking;
  for (const kind of kinds) {
    if (kind === 'mute') now = { ...now, muted: true };
    if (kind === 'unmute') now = { ...now, muted: false };
    if (kind === 'take_over') now = { ...now, takenOver: true };
    if (kind === 'hand_back') now = speaking;
  }
  return now;
}

/**
 * As the commands of a call stand: those that were answered, and those whose answer only the session has reported. It
 * belongs to the call and not to its worker: whoever takes the call over is as silent as the one before.
 */
export async function silenceOf(ctx: Pick<OperationContext, 'db'>, callId: string): Promise<Silenced> {
  const kind = sql<string>`${callCommands.command} ->> 'kind'`;
  const reported = sql`exists (select from ${callEvents} where ${callEvents.callId} = ${callCommands.callId}
    and ${callEvents.type} = 'control.applied' and ${callEvents.data} ->> 'commandId' = ${callCommands.id})`;
  const rows = await ctx.db
    .select({ kind })
    .from(callCommands)
    .where(
      and(
        eq(callCommands.callId, callId),
        sql`${kind} in ('mute', 'unmute', 'take_over', 'hand_back')`,
        sql`(${callCommands.status} = 'applied' or (${callCommands.status} = 'pending' and ${reported}))`,
      ),
    )
    .orderBy(asc(callCommands.createdAt), asc(callCommands.id));
  return silencedBy(rows.map((row) => row.kind));
}
