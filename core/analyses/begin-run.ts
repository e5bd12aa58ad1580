import { desc, eq } from 'drizzle-orm';
import { callAnalyses } from '../../db/schema/call-analyses.ts';
import type { Call } from '../calls/call.ts';
import type { OperationContext } from '../context.ts';
import type { CallAnalysis } from './analysis.ts';

/** A run whose job was lost does not stand in the way of the next one for longer than this. */
const lostAfterMs = 600_000;

/**
 * Asks for an analysis of a call that this transaction has locked. One run at a time: while one is under way, it is
 * the answer.
 */
export async function beginRun(ctx: OperationContext, call: Call): Promise<CallAnalysis> {
  const [last] = await ctx.db
    .select()
    .from(callAnalyses)
    .where(eq(callAnalyses.callId, call.id))
    .orderBy(desc(callAnalyses.run))
    .limit(1);
  if (last?.status === 'pending' && Date.now() - last.createdAt.getTime() < lostAfterMs) return last;
  const run = (last?.run ?? 0) + 1;
  const [begun] = await ctx.db
    .insert(callAnalyses)
    .values({ workspaceId: call.workspaceId, callId: call.id, run })
    .returning();
  if (!begun) throw new Error('The insert of an analysis returned nothing.');
  await ctx.emit('analyze-call', { callId: call.id, run }, { key: `analyze-${call.id}-${run}` });
  return begun;
}
