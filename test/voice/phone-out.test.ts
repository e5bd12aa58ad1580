import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../../simulate/softphone/call.ts';
import { answerAfter, busy, declined, noAnswer } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { freePorts, type Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { registerLine } from './lines.ts';
import { askUntil, type CallDetail, finished, hear, spokenBy } from './support.ts';

const ours = '+14155550160';
const callee = '+14155550161';

describe('an outbound call', () => {
  let product: Product;
  let phone: Softphone;
  let silent: Softphone;
  /** Both ring for as long as a phone rings, so they do it while the others talk. */
  let ringing: Promise<readonly [CallDetail, CallDetail]>;

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'callee' });
    await registerTrunk(product, ours, `127.0.0.1:${phone.address.port}`);
    silent = await Softphone.listen({ user: 'silent' });
    silent.onInvite(noAnswer());
    await registerTrunk(product, '+14155550164', `127.0.0.1:${silent.address.port}`);
    const [nobody] = await freePorts(1);
    await registerTrunk(product, '+14155550162', `127.0.0.1:${nobody}`);
    ringing = Promise.all([
      dial(product, '+14155550164', callee).then((id) => finished(product, id)),
      dial(product, '+14155550162', callee).then((id) => finished(product, id)),
    ]);
    ringing.catch(() => undefined);
  });

  afterAll(async () => {
    await phone?.close();
    await silent?.close();
  });

  beforeEach(() => phone.onInvite(busy()));

  it('that is answered is greeted at once, by name, and answers questions', async () => {
    let answered: ((call: Call) => void) | undefined;
    const call = new Promise<Call>((resolve) => {
      answered = resolve;
    });
    phone.onInvite(answerAfter(300, (live) => answered?.(live)));
    const id = await dial(product, ours, callee, { customer_name: 'Robin' });
    const live = await call;
    const greeting = await hear(product, live, 0);
    expect(greeting.toLowerCase()).toContain('robin');
    await askUntil(product, live, 'What are your opening hours?', /open|eight|monday/);
    await live.hangup();
    const record = await finished(product, id);
    expect(record.disposition).toBe('completed');
    expect(spokenBy(record, 'user').toLowerCase()).toContain('opening hours');
  });

  it.each([
    ['busy', busy(), 'busy', 486],
    ['declined', declined(603), 'rejected', 603],
  ] as const)(
    'that is %s ends so, with the SIP status kept and explained',
    async (_, behaviour, disposition, status) => {
      phone.onInvite(behaviour);
      const record = await finished(product, await dial(product, ours, callee));
      expect(record).toMatchObject({ disposition, sip_status: status });
      expect(record.end_detail).toMatch(/\w+ \w+/);
    },
  );

  it('rings its callee exactly once', async () => {
    phone.onInvite(busy());
    const number = '+14155550163';
    await finished(product, await dial(product, ours, number));
    expect(phone.invitesTo(number)).toBe(1);
  });

  it('that nobody picks up ends as no_answer, one to a trunk that is not there fails, and says so', async () => {
    const [unanswered, unreachable] = await ringing;
    expect(unanswered.disposition).toBe('no_answer');
    expect(unreachable.disposition).toBe('failed');
    expect(unreachable.end_detail).toMatch(/\w+ \w+/);
  });
});

const registerTrunk = (product: Product, number: string, sipAddress: string) =>
  registerLine(product, {
    number,
    sipAddress,
    agent: {
      agent_name: `Caller ${number}`,
      system_prompt: 'You call patients of Harbor Dental.',
      first_message: 'Hello {{customer_name}}, this is Harbor Dental calling. How can I help you?',
    },
  });

async function dial(
  product: Product,
  from: string,
  to: string,
  variables: Record<string, string> = {},
): Promise<string> {
  const answer = await product.api<{ call_id: string }>('POST', '/calls/outbound_call', {
    agent_phone_number: from,
    phone_number_to_dial: to,
    dynamic_variables: variables,
  });
  return answer.call_id;
}
