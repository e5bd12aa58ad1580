import { isDeepStrictEqual } from 'node:util';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { callCommands } from '../../../db/schema/call-commands.ts';
import { callEvents } from '../../../db/schema/call-events.ts';
import type { OperationContext, WorkspaceContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { ControlAnswer } from '../../ports.ts';
import { type Call, findCall } from '../call.ts';
import { type ControlAction, controlAction } from './command.ts';

/** A supervisor waits for an answer so long. */
export const answerTimeoutMs = 2_000;

export interface ControlResult {
  readonly commandId: string;
  readonly kind: ControlAction['kind'];
  /** pending: the agent has not answered; asking again with the same id finds out, and does nothing twice. */
  readonly status: 'applied' | 'refused' | 'pending';
  /** What was done, or why not. */
  readonly detail: string;
}

/**
 * Asks something of a live call and waits for the answer of its session, at most two seconds. The same command id is
 * carried out once and gets the same answer, also when the call is over by then. Throws conflict for a call that is
 * over or goes on without its agent, and for an id that was used for something else.
 */
export const controlCall = operation({
  name: 'call.control',
  scope: 'developer',
  input: z.object({
    callId: z.string(),
    commandId: z.string().trim().min(1).max(200),
    action: controlAction,
  }),
  audit: ({ callId }, { commandId, kind, status, detail }: ControlResult) => ({
    target: callId,
    details: { commandId, kind, status, detail },
  }),
  // Outside the transaction: it waits for a worker.
  prepare: async (ctx, { callId, commandId, action }): Promise<ControlResult> => {
    const { call } = await findCall(ctx, callId);
    const known = await remember(ctx, call, commandId, action);
    const about = { commandId, kind: action.kind };
    if (known.status !== 'pending') return { ...about, status: known.status, detail: known.detail };
    const answer = await ask(ctx, call, commandId, action);
    if (answer === null) return { ...about, status: 'pending', detail: notAnswered };
    return { ...about, status: answer.applied ? 'applied' : 'refused', detail: answer.detail };
  },
  run: async (ctx, { callId, commandId }, result): Promise<ControlResult> => {
    const { status, detail } = result;
    if (status !== 'pending')
      await ctx.db
        .update(callCommands)
        .set({ status, detail, settledAt: new Date() })
        .where(
          and(
            eq(callCommands.callId, callId),
            eq(callCommands.id, commandId),
            eq(callCommands.status, 'pending'),
          ),
        );
    return result;
  },
});

const notAnswered =
  'The agent has not answered within two seconds: it may be being replaced. Ask again with the same command id.';

/** What can still be asked when the agent has left and its worker only records. */
const ofRecorder: readonly ControlAction['kind'][] = ['pause_recording', 'resume_recording'];

/** The row of a command: the one that is there, or a new one for a call that can still be asked something. */
async function remember(ctx: WorkspaceContext, call: Call, id: string, action: ControlAction) {
  const here = and(eq(callCommands.callId, call.id), eq(callCommands.id, id));
  const [before] = await ctx.db.select().from(callCommands).where(here);
  if (!before) {
    if (call.status === 'ended') throw new DomainError('conflict', 'The call is over.');
    if (call.bridgedAt !== null && !(call.recorderStays && ofRecorder.includes(action.kind)))
      throw new DomainError('conflict', 'The caller was put through, and the agent has left the call.');
    await ctx.db
      .insert(callCommands)
      .values({ callId: call.id, id, workspaceId: ctx.workspaceId, command: action })
      .onConflictDoNothing();
  }
  const [row] = before ? [before] : await ctx.db.select().from(callCommands).where(here);
  if (!row) throw new Error('A command was there a moment ago.');
  if (!isDeepStrictEqual(row.command, JSON.parse(JSON.stringify(action))))
    throw new DomainError('conflict', 'This command id was used for something else in this call.');
  return row;
}

async function ask(
  ctx: OperationContext,
  call: Call,
  id: string,
  action: ControlAction,
): Promise<ControlAnswer | null> {
  // A worker that is lost by now may have done it: the one in charge would do it again.
  const before = await recorded(ctx, call.id, id);
  if (before) return before;
  if (call.status === 'ended') throw new DomainError('conflict', 'The call is over.');
  const command = { id, callId: call.id, action };
  const answer = await ctx.services.ports.liveControl.send({
    roomName: call.roomName,
    command,
    timeoutMs: answerTimeoutMs,
  });
  return answer ?? (await recorded(ctx, call.id, id));
}

/** What the session has answered, should its answer have been missed while it came. */
async function recorded(ctx: OperationContext, callId: string, id: string): Promise<ControlAnswer | null> {
  const [row] = await ctx.db
    .select({ type: callEvents.type, detail: sql<string>`${callEvents.data} ->> 'detail'` })
    .from(callEvents)
    .where(
      and(
        eq(callEvents.callId, callId),
        inArray(callEvents.type, ['control.applied', 'control.refused']),
        sql`${callEvents.data} ->> 'commandId' = ${id}`,
      ),
    )
    .limit(1);
  return row ? { applied: row.type === 'control.applied', detail: row.detail } : null;
}
