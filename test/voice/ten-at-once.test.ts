import { afterAll, beforeAll, expect, it } from 'vitest';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { dialDemo, findCall, finished, heard, spokenBy } from './support.ts';

let product: Product;
let phone: Softphone;

beforeAll(async () => {
  product = await sharedProduct();
  phone = await Softphone.listen({ user: 'caller' });
});

afterAll(async () => {
  await phone?.close();
});

it('a caller that is one of ten at once is answered and greeted like a single one', async () => {
  const calls = await Promise.all(
    Array.from({ length: 10 }, (_, index) => dialDemo(product, phone, `+1555013${index}`)),
  );
  // Each hears the whole greeting: all are as long as the longest. A recogniser may mishear a word.
  const greetings = await Promise.all(calls.map((call) => heard(product, call, call.answeredAt ?? 0)));
  const longestMs = Math.max(...greetings.map(({ lengthMs }) => lengthMs));
  for (const { text, lengthMs } of greetings) {
    expect(text).toMatch(/thank you for calling.*help/i);
    expect(lengthMs, text).toBeGreaterThan(longestMs - 250);
  }
  await Promise.all(calls.map((call) => call.hangup()));
  for (let index = 0; index < calls.length; index++) {
    const record = await finished(product, await findCall(product, `+1555013${index}`));
    expect(record.disposition).toBe('completed');
    expect(spokenBy(record, 'agent')).toMatch(/Harbor Dental.*help/);
  }
});
