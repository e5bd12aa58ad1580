import { and, count, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { callEvents } from '../../db/schema/call-events.ts';
import type { CallCost } from '../../db/schema/calls.ts';
import { isRecord } from '../../platform/is-record.ts';
import { type AgentDefinition, agentDefinition } from '../agents/definition.ts';
import { beginRun } from '../analyses/begin-run.ts';
import { databaseBooks } from '../campaigns/engine/database-books.ts';
import { settleAttempts } from '../campaigns/engine/settle-attempts.ts';
import { nowMs, type OperationContext } from '../context.ts';
import { dispositionOf } from '../dispositions.ts';
import { operation } from '../operation.ts';
import { rollUp } from '../reports/rollups.ts';
import { type Call, isDialOpen, lockCall, updateCall } from './call.ts';
import { costOf } from './cost.ts';
import { cancelTransfers } from './transfers/transfer.ts';

/**
 * Closes a call: disposition, duration, totals. `waiting` until it has ended, which a worker's `ended` does only when
 * everything before it is there, and until the dial job has said why nobody answered. Does nothing the second time.
 * A call in which something was said is then analysed, unless its agent does not want that.
 */
export const finalizeCall = operation({
  name: 'call.finalize',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  run: async (ctx, { callId }): Promise<'finalized' | 'waiting'> => {
    const call = await lockCall(ctx, callId);
    if (call.finalizedAt !== null) return 'finalized';
    if (call.status !== 'ended' || call.endedAt === null || isDialOpen(call)) return 'waiting';
    await cancelTransfers(ctx, callId, 'The call is over.');
    const turns = await countTurns(ctx, callId);
    const { speaksFirst, analysis } = await definitionOf(ctx, call);
    const disposition = dispositionOf({ ...call, userTurns: turns.user, speaksFirst });
    const finalized = await updateCall(ctx, callId, {
      disposition,
      durationMs:
        call.answeredAt === null ? 0 : Math.max(0, call.endedAt.getTime() - call.answeredAt.getTime()),
      turnCount: turns.user + turns.agent,
      cost: await readCost(ctx, callId),
      finalizedAt: new Date(nowMs(ctx)),
    });
    if (finalized.campaignId !== null) await settleAttempts(databaseBooks(ctx.db), [finalized], nowMs(ctx));
    if (analysis.enabled && turns.user + turns.agent > 0) await beginRun(ctx, finalized);
    await rollUp(ctx, callId, 1);
    ctx.log.info({ callId, disposition, endReason: call.endReason }, 'a call is finalized');
    return 'finalized';
  },
});

async function countTurns(ctx: OperationContext, callId: string): Promise<{ user: number; agent: number }> {
  const rows = await ctx.db
    .select({ type: callEvents.type, turns: count() })
    .from(callEvents)
    .where(and(eq(callEvents.callId, callId), inArray(callEvents.type, ['user.turn', 'agent.turn'])))
    .groupBy(callEvents.type);
  const of = (type: string) => rows.find((row) => row.type === type)?.turns ?? 0;
  return { user: of('user.turn'), agent: of('agent.turn') };
}

async function readCost(ctx: OperationContext, callId: string): Promise<CallCost> {
  const rows = await ctx.db
    .select({ epoch: callEvents.epoch, type: callEvents.type, data: callEvents.data })
    .from(callEvents)
    .where(and(eq(callEvents.callId, callId), inArray(callEvents.type, ['agent.joined', 'usage'])));
  const usages = rows.filter(({ type }) => type === 'usage');
  const told = new Set(usages.map(({ epoch }) => epoch));
  return costOf(
    usages.flatMap(({ data }): unknown[] =>
      isRecord(data) && Array.isArray(data.models) ? data.models : [],
    ),
    rows.every(({ epoch }) => told.has(epoch)),
  );
}

async function definitionOf(ctx: OperationContext, call: Call): Promise<AgentDefinition> {
  const [version] = await ctx.db
    .select({ definition: agentVersions.definition })
    .from(agentVersions)
    .where(eq(agentVersions.id, call.agentVersionId));
  return agentDefinition.parse(version?.definition);
}
