import { waitFor } from '../../platform/retry.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { answerAfter } from '../../simulate/softphone/callee.ts';
import type { Played } from '../../simulate/softphone/media/paced-sender.ts';
import type { OutgoingCall } from '../../simulate/softphone/outgoing-call.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { type CallDetail, dial, findCall, patienceMs, say } from './support.ts';

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

/** What a caller says to Rosa, who waits for the caller to come to the point. */
export const wish = 'I would like to talk to a person, please.';

/** Says it until the agent sets about it, three times at most, as people do where a voice breaks. */
export async function askForPerson(product: Product, call: Call, from: string): Promise<Played> {
  const callId = await findCall(product, from);
  const seen = async () => {
    const { events } = await product.api<CallDetail>('GET', `/calls/${callId}`);
    const replies = events.filter(({ type, data }) => type === 'agent.turn' && data.source === 'reply');
    return { calls: events.filter(({ type }) => type === 'tool.called').length, replies: replies.length };
  };
  for (let tries = 1; ; tries++) {
    const before = await seen();
    const played = await say(product, call, wish);
    const answered = async () => {
      const now = await seen();
      return now.calls > before.calls || now.replies > before.replies ? now : undefined;
    };
    const { calls } = await waitFor('an answer', answered, { timeoutMs: patienceMs, everyMs: 100 });
    if (calls > before.calls) return played;
    if (tries === 3) throw new Error(`The agent did not understand “${wish}”.`);
    await call.heardSilence({ ms: 1_200, timeoutMs: patienceMs });
  }
}

export interface DeskLine {
  readonly number: string;
  readonly agentId: string;
  /** The number of the desk, and who sits there. */
  readonly desk: string;
  readonly colleague: Softphone;
  /** The colleague's side of the next call to them. */
  pickUp(): Promise<Call>;
  call(phone: Softphone, from: string): Promise<OutgoingCall>;
  /** Calls and asks for a person. */
  ask(phone: Softphone, from: string): Promise<OutgoingCall>;
}

/** A line with an agent of its own, who transfers to a desk with a colleague behind the same trunk. */
export async function openDeskLine(
  product: Product,
  { number, desk, mode, agent = {} }: { number: string; desk: string; mode: string; agent?: object },
): Promise<DeskLine> {
  const colleague = await Softphone.listen({ user: 'desk' });
  const { agentId } = await registerLine(product, {
    number,
    sipAddress: `127.0.0.1:${colleague.address.port}`,
    agent: {
      ...{ agent_name: 'Rosa', speaks_first: 'caller', first_message: '' },
      transfer_targets: [{ name: 'the front desk', number: desk, mode }],
      ...agent,
    },
  });
  const call = (phone: Softphone, from: string) => dial(product, phone, { number, from });
  return {
    ...{ number, agentId, desk, colleague, call },
    pickUp: () => new Promise((resolve) => colleague.onInvite(answerAfter(400, resolve))),
    ask: async (phone, from) => {
      const asking = await call(phone, from);
      await askForPerson(product, asking, from);
      return asking;
    },
  };
}
