import { and, eq } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { calls } from '../../db/schema/calls.ts';
import { isUuid } from '../../platform/ids.ts';
import type { OperationContext, WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';

export type Call = typeof calls.$inferSelect;
export type { CallStatus, DialOutcome, Disposition } from '../../db/schema/calls.ts';

/** A call of any workspace, locked until the transaction ends: for our own processes. */
export async function lockCall(ctx: OperationContext, callId: string): Promise<Call> {
  const [call] = await ctx.db.select().from(calls).where(eq(calls.id, callId)).for('update');
  if (!call) throw notFound('Call');
  return call;
}

/** A call of the caller's workspace with its agent's name; anything else is not_found. */
export async function findCall(
  ctx: WorkspaceContext,
  callId: string,
): Promise<{ readonly call: Call; readonly agentName: string }> {
  if (!isUuid(callId)) throw notFound('Call');
  const [row] = await ctx.db
    .select({ call: calls, agentName: agents.name })
    .from(calls)
    .innerJoin(agents, eq(agents.id, calls.agentId))
    .where(and(eq(calls.id, callId), eq(calls.workspaceId, ctx.workspaceId)));
  if (!row) throw notFound('Call');
  return row;
}

/** The phone was to ring, and nobody has said yet how that ended. */
export const isDialOpen = (call: Pick<Call, 'dialedAt' | 'answeredAt' | 'dialOutcome'>): boolean =>
  call.dialedAt !== null && call.answeredAt === null && call.dialOutcome === null;

/** Somebody called us, and no worker has said a word about it yet: none was free, or one has only just come. */
export const hasNeverHadAgent = (
  call: Pick<Call, 'direction' | 'status' | 'epoch' | 'appliedSeq'>,
): boolean =>
  call.direction === 'inbound' && call.status !== 'ended' && call.epoch === 1 && call.appliedSeq === 0;

/**
 * Asks for the finalizing of a call. `why` is part of the key: a first attempt that found something missing must not
 * stand in the way of the one that follows when it has come.
 */
export async function emitFinalize(
  ctx: OperationContext,
  callId: string,
  why: 'ended' | 'dialed' | 'given-up',
): Promise<void> {
  await ctx.emit('finalize-call', { callId }, { key: `finalize-${callId}-${why}` });
}

/** Changes a call that this transaction has locked. */
export async function updateCall(
  ctx: OperationContext,
  callId: string,
  change: Partial<typeof calls.$inferInsert>,
): Promise<Call> {
  const [call] = await ctx.db.update(calls).set(change).where(eq(calls.id, callId)).returning();
  if (!call) throw new Error('The update of a locked call returned nothing.');
  return call;
}
