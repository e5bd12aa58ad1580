import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { newId } from '../../platform/ids.ts';
import { findAgent } from '../agents/agent.ts';
import { versionFor } from '../agents/traffic.ts';
import { DomainError, invalid, notFound } from '../errors.ts';
import { phoneNumberField, threadField, variablesField } from '../fields.ts';
import type { PhoneNumberRow } from '../numbers/number.ts';
import { operation } from '../operation.ts';
import { type Call, lockCall, updateCall } from './call.ts';
import { fillCall } from './fill-call.ts';
import { queueCalls } from './queue-calls.ts';

const input = z.object({
  /** A number of the workspace with an agent and a trunk that is set up. */
  fromNumber: phoneNumberField,
  toNumber: phoneNumberField,
  variables: variablesField.default({}),
  /** Left out: the callee's number. */
  threadId: threadField.optional(),
});

/**
 * Queues an outbound call; a job rings the callee. Throws not_found for a number the workspace does not have,
 * invalid when no agent answers for it, conflict while its trunk is not ready.
 */
export const placeCall = operation({
  name: 'call.place',
  scope: 'member',
  input,
  audit: ({ fromNumber }, call: Call) => ({ target: call.id, details: { fromNumber } }),
  run: async (ctx, { fromNumber, toNumber, variables, threadId }) => {
    const [number] = await ctx.db
      .select()
      .from(phoneNumbers)
      .where(and(eq(phoneNumbers.e164, fromNumber), eq(phoneNumbers.workspaceId, ctx.workspaceId)));
    if (!number) throw notFound('Phone number');
    if (fromNumber === toNumber) throw invalid('toNumber', 'a number cannot call itself');
    if (number.agentId === null) throw invalid('fromNumber', 'no agent is mapped to this number');
    const agent = await findAgent(ctx, number.agentId);
    checkTrunk(number);
    const id = newId();
    await queueCalls(ctx, [
      {
        ...{ id, workspaceId: ctx.workspaceId, agentId: agent.id, agentVersionId: versionFor(agent, id) },
        ...{ phoneNumberId: number.id, campaignId: null, fromNumber, toNumber },
        ...{ threadId: threadId ?? toNumber, variables },
      },
    ]);
    const call = await lockCall(ctx, id);
    // Said at once, and not when the callee has heard a sentence with a hole.
    const { missing } = await fillCall(ctx, call);
    return missing.length === 0 ? call : updateCall(ctx, id, { missingVariables: [...missing] });
  },
});

function checkTrunk(number: PhoneNumberRow): void {
  if (number.outboundTrunkId !== null) return;
  const why = number.syncError === null ? 'it is still being set up' : number.syncError;
  throw new DomainError('conflict', `The SIP trunk of ${number.e164} is not ready: ${why}.`, {
    fields: [{ path: 'fromNumber', message: 'its SIP trunk is not ready' }],
  });
}
