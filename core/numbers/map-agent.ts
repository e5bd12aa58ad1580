import { z } from 'zod';
import { findAgent } from '../agents/agent.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { lockNumber, type PhoneNumber, withoutPassword } from './number.ts';
import { touchNumber } from './touch-number.ts';

/** Leads a number to an agent, or (null) to none. Members may: document 002 says so of map_agent. */
export const mapAgent = operation({
  name: 'number.map_agent',
  scope: 'member',
  input: z.object({ phoneNumber: phoneNumberField, agentId: z.string().nullable() }),
  audit: ({ agentId }, number: PhoneNumber) => ({ target: number.id, details: { agentId } }),
  run: async (ctx, { phoneNumber, agentId }) => {
    const number = await lockNumber(ctx, phoneNumber);
    if (agentId !== null) await findAgent(ctx, agentId);
    return withoutPassword(await touchNumber(ctx, number.id, { agentId }));
  },
});
