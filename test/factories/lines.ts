import { type AgentWithDefinition, createAgent } from '../../core/agents/index.ts';
import type { Context } from '../../core/context.ts';
import { type PhoneNumber, recordSync, registerSipTrunk } from '../../core/numbers/index.ts';
import type { TestContext } from '../harness/context.ts';

let numbers = 0;

/** Numbers of the range that is kept for fiction. */
export const nextNumber = (): string => `+1202555${String(100 + (++numbers % 100)).padStart(4, '0')}`;

export function newAgent(
  ctx: Context,
  input: Partial<Parameters<typeof createAgent>[1]> = {},
): Promise<AgentWithDefinition> {
  return createAgent(ctx, { name: 'Front desk', definition: { firstMessage: 'Hello!' }, ...input });
}

/** A number whose trunk LiveKit knows, mapped to an agent. */
export async function newLine(
  t: TestContext,
  ctx: Context,
  agentId: string | null,
  phoneNumber = nextNumber(),
): Promise<PhoneNumber> {
  const number = await registerSipTrunk(ctx, { phoneNumber, sipAddress: 'sip.carrier.test', agentId });
  await recordSync(t.system(), {
    phoneNumberId: number.id,
    inboundTrunkId: 'ST_in',
    outboundTrunkId: 'ST_out',
    dispatchRuleId: 'SDR_1',
    error: null,
  });
  return number;
}
