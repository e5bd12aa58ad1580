import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { resolvePlan } from './resolve-plan.ts';

/** The plan for the worker of one epoch. Throws conflict when another worker is in charge, or the call is over. */
export const getCallPlan = operation({
  name: 'call.get_plan',
  scope: 'system',
  input: z.object({ callId: z.uuid(), epoch: z.coerce.number().int().min(1) }),
  reads: true,
  run: async (ctx, { callId, epoch }) => {
    const [call] = await ctx.db.select().from(calls).where(eq(calls.id, callId));
    if (!call) throw notFound('Call');
    if (call.epoch !== epoch)
      throw new DomainError('conflict', `Epoch ${call.epoch} of this call is in charge, not ${epoch}.`);
    if (call.status === 'ended') throw new DomainError('conflict', 'This call is over.');
    return resolvePlan(ctx, call);
  },
});
