import { afterAll, beforeAll, expect, it } from 'vitest';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type StartedProduct, startProduct } from '../harness/product.ts';
import { dialDemo, findCall, finished, patienceMs } from './support.ts';

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
  await Promise.all(
    calls.map((call) =>
      call.heardSpeech({ afterMs: call.answeredAt ?? 0, minMs: 300, timeoutMs: patienceMs }),
    ),
  );
  await Promise.all(calls.map((call) => call.hangup()));
  for (let index = 0; index < calls.length; index++) {
    const record = await finished(product, await findCall(product, `+1555013${index}`));
    expect(record.disposition).toBe('completed');
  }
});
