import { afterAll, beforeAll, expect, it } from 'vitest';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type StartedProduct, startProduct } from '../harness/product.ts';
import { dialDemo, findCall, finished, hear, spokenBy } from './support.ts';

let product: StartedProduct;
let phone: Softphone;

beforeAll(async () => {
  product = await startProduct();
  phone = await Softphone.listen({ user: 'caller' });
});

afterAll(async () => {
  await phone?.close();
  await product?.stop();
});

it('a caller that is one of ten at once is answered and greeted like a single one', async () => {
  const calls = await Promise.all(
    Array.from({ length: 10 }, (_, index) => dialDemo(product, phone, `+1555013${index}`)),
  );
  // Each hears the whole greeting; a recogniser may mishear a word of it.
  const greetings = await Promise.all(calls.map((call) => hear(product, call, call.answeredAt ?? 0)));
  for (const greeting of greetings) expect(greeting).toMatch(/thank you for calling.*help/i);
  await Promise.all(calls.map((call) => call.hangup()));
  for (let index = 0; index < calls.length; index++) {
    const record = await finished(product, await findCall(product, `+1555013${index}`));
    expect(record.disposition).toBe('completed');
    expect(spokenBy(record, 'agent')).toMatch(/Harbor Dental.*help/);
  }
});
