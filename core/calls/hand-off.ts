import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { versionFor } from '../agents/traffic.ts';
import { operation } from '../operation.ts';
import { lockCall, updateCall } from './call.ts';
import { type HandOffAnswer, handOffRequest } from './hand-off-wire.ts';
import { resolvePlan } from './resolve-plan.ts';

/**
 * Another agent of the workspace goes on with a live call: it is remembered, so that a rescue brings that agent back.
 * The call itself keeps the version that it began with. Answers the new agent's plan, or in words why not.
 */
export const handOffCall = operation({
  name: 'call.hand_off',
  scope: 'system',
  input: handOffRequest.extend({ callId: z.uuid() }),
  audit: ({ callId, agentId }, { ok }: HandOffAnswer) => ({ target: callId, details: { agentId, ok } }),
  run: async (ctx, { callId, epoch, agentId, versionId, fromVersionId }): Promise<HandOffAnswer> => {
    const call = await lockCall(ctx, callId);
    if (call.status === 'ended') return { ok: false, reason: 'The call is over.' };
    if (call.epoch !== epoch) return { ok: false, reason: 'Another worker has the call now.' };
    const [agent] = await ctx.db
      .select()
      .from(agents)
      .where(and(eq(agents.id, agentId), eq(agents.workspaceId, call.workspaceId), isNull(agents.deletedAt)));
    if (!agent) return { ok: false, reason: 'There is no such agent in this workspace.' };
    const version = versionId ?? versionFor(agent, callId);
    if (version === (fromVersionId ?? call.currentVersionId ?? call.agentVersionId))
      return { ok: false, reason: 'That agent has the call already.' };
    const changed = await updateCall(ctx, callId, { currentVersionId: version });
    return { ok: true, plan: await resolvePlan(ctx, changed) };
  },
});
