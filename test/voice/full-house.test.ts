import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { openVisitor } from '../harness/browser.ts';
import { type StartedProduct, startProduct } from '../harness/product.ts';
import { type CallDetail, dialDemo, findCall, finished, hear, patienceMs } from './support.ts';

/** One slot in all: the second caller finds it taken. */
let product: StartedProduct;
let phone: Softphone;

beforeAll(async () => {
  product = await startProduct({
    env: { WORKER_HOSTS: '1', WORKER_SLOTS: '1', CALLER_WAIT_SECONDS: '20', WORKER_REHEARSAL: 'false' },
  });
  phone = await Softphone.listen({ user: 'caller' });
});

afterAll(async () => {
  await phone?.close();
  await product?.stop();
});

const ring = (from: string) => phone.call({ to: `sip:${product.run.demo.number}@${product.run.sip}`, from });
const detail = (id: string) => product.api<CallDetail>('GET', `/calls/${id}`);
const within = { timeoutMs: patienceMs, everyMs: 200 };
const ringing = async () => {
  const text = await (await fetch(`${product.run.url}/reports/workload`)).text();
  return Number(/^trunkline_ringing_calls (?<count>\d+)$/m.exec(text)?.groups?.count);
};

it('who finds every slot taken waits in line, and is answered, or gives up, or is turned away with words', async () => {
  await using visitor = await openVisitor({
    speech: { samples: new Int16Array(16_000), sampleRate: 16_000 },
  });
  const { page } = visitor;
  await page.goto(`${product.run.url}/talk/demo`);

  const first = await dialDemo(product, phone, '+15550601');
  await page.getByRole('button', { name: 'Start the call' }).click();
  await page.getByText('Nobody is free right now').waitFor({ timeout: patienceMs });
  const second = await ring('+15550602');
  const secondId = await findCall(product, '+15550602');
  expect(await detail(secondId)).toMatchObject({ status: 'ringing', disposition: null });
  await waitFor('caller and visitor to be counted', async () => (await ringing()) === 2, within);
  const impatient = await ring('+15550603');
  const impatientId = await findCall(product, '+15550603');
  await impatient.hangup();
  // Gone before any sweep has seen them.
  const hasty = await ring('+15550605');
  await waitFor('the ringing', () => hasty.provisionals.some(({ status }) => status === 180), within);
  await sleep(700);
  await hasty.hangup();

  // Whoever waits longest is first.
  await first.hangup();
  await page.getByText('On the line').waitFor({ timeout: patienceMs });
  expect(second.answeredAt).toBeUndefined();
  await page.getByRole('button', { name: 'Hang up' }).click();
  await second.answered({ timeoutMs: patienceMs });
  expect((await hear(product, second, second.answeredAt ?? 0)).toLowerCase()).toContain('dental');

  // The second stays on the line for longer than anybody is kept waiting.
  const unlucky = await ring('+15550604');
  const refusal = await unlucky.answered({ timeoutMs: patienceMs }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'SipRejection', status: 486 });
  await second.hangup();
  const refused = await finished(product, await findCall(product, '+15550604'));
  expect(refused).toMatchObject({ disposition: 'failed', end_reason: 'no_capacity' });
  expect(refused.end_detail).toContain('The one slot');
  for (const id of [impatientId, await findCall(product, '+15550605')])
    expect(await finished(product, id)).toMatchObject({
      disposition: 'abandoned',
      end_reason: 'caller_hung_up',
    });
  expect((await finished(product, secondId)).disposition).toBe('completed');
});
