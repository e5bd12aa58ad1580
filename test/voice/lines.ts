import { waitFor } from '../../platform/retry.ts';
import type { Product } from '../harness/product.ts';
import { patienceMs } from './support.ts';

/** A number of the workspace with an agent, known to LiveKit: calls come in on it, and go out to `sipAddress`. */
export async function registerLine(
  product: Product,
  { number, sipAddress, agent }: { number: string; sipAddress: string; agent: object },
): Promise<{ readonly agentId: string }> {
  await product.api('POST', '/phonenumbers/sip_trunk', {
    sip_address: sipAddress,
    phone_number: number,
    provider: 'custom',
    email: 'desk@example.com',
    label: 'Test trunk',
  });
  const { id: agentId } = await newAgent(product, { agent_name: `Agent of ${number}`, ...agent });
  await product.api('PUT', '/phonenumbers/map_agent', { phone_number: number, agent_id: agentId });
  await waitFor(
    `the trunk of ${number}`,
    async () => {
      const page = await product.api<{ phone_number: string; sync_state: string }[]>('GET', '/phonenumbers');
      return page.some((item) => item.phone_number === number && item.sync_state === 'synced');
    },
    { timeoutMs: patienceMs, everyMs: 100 },
  );
  return { agentId };
}

export const newAgent = (product: Product, agent: object): Promise<{ id: string }> =>
  product.api<{ id: string }>('POST', '/agents', {
    LLM_provider: 'open ai',
    LLM_model: 'scripted/receptionist',
    STT_provider: 'deepgram',
    TTS_provider: 'elevenlabs',
    system_prompt: 'You are the receptionist of Harbor Dental.\n\nVariables:\nhours: nine to five',
    first_message: 'Harbor Dental, how can I help you?',
    ...agent,
  });
