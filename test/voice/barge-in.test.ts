import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { dialDemo, findCall, finished, hear, patienceMs, say } from './support.ts';

describe('a caller on the phone', () => {
  let product: Product;
  let phone: Softphone;

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'caller' });
  });

  afterAll(async () => {
    await phone?.close();
  });

  it('can interrupt the agent, which then falls silent within 500 ms and has its turn cut short', async () => {
    const call = await dialDemo(product, phone, '+15550122');
    await hear(product, call, call.answeredAt ?? 0);
    // A machine that was busy with something else at that moment gets another try.
    const silentAfterMs: number[] = [];
    do {
      const question = await say(product, call, 'What services do you offer?');
      await call.heardSpeech({ afterMs: question.lastSpeechAt, minMs: 600, timeoutMs: patienceMs });
      const interruption = say(product, call, 'Wait, stop please, I have another question for you.');
      const { startedAt: lastSound } = await call.heardSilence({ ms: 600, timeoutMs: patienceMs });
      const { firstSpeechAt = Number.NaN, lastSpeechAt } = await interruption;
      // The agent was silent before the caller was done: it gave way, it had not come to its end.
      expect(lastSound).toBeLessThan(lastSpeechAt);
      silentAfterMs.push(Math.round(lastSound - firstSpeechAt));
      await hear(product, call, lastSpeechAt);
    } while (Math.min(...silentAfterMs) > 500 && silentAfterMs.length < 3);
    expect(Math.min(...silentAfterMs), `each try: ${silentAfterMs.join(', ')} ms`).toBeLessThanOrEqual(500);
    await call.hangup();
    const record = await finished(product, await findCall(product, '+15550122'));
    expect(record.transcript.some((turn) => turn.role === 'agent' && turn.interrupted)).toBe(true);
  });
});
