import { beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { openVisitor } from '../harness/browser.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { finished, patienceMs, spokenBy } from './support.ts';

describe('a visitor of /talk/demo', () => {
  let product: Product;

  beforeAll(async () => {
    product = await sharedProduct();
  });

  it('is greeted, is understood, reads both in the captions and finds the call recorded', async () => {
    const question = await speak({ speechUrl: product.speechUrl, text: 'What are your opening hours?' });
    await using visitor = await openVisitor({ speech: afterGreeting(question) });
    const { page } = visitor;
    await page.goto(`${product.run.url}/talk/demo`);
    await page.getByRole('button', { name: 'Start the call' }).click();
    await page.getByText('On the line').waitFor({ timeout: patienceMs });
    const captions = page.getByLabel('Captions');
    await captions
      .getByText(/Harbor Dental/i)
      .first()
      .waitFor({ timeout: patienceMs });
    await captions
      .locator('[data-who="you"]')
      .getByText(/opening hours/i)
      .first()
      .waitFor({ timeout: patienceMs });
    // The whole reply is out: only then has its turn been measured.
    await captions
      .locator('[data-who="agent"][data-final="true"]')
      .getByText(/Monday/i)
      .first()
      .waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('The call has ended.').waitFor({ timeout: patienceMs });

    const id = await webCall(product);
    const record = await finished(product, id);
    expect(record.disposition).toBe('completed');
    expect(spokenBy(record, 'user').toLowerCase()).toContain('opening hours');
    expect(record.transcript.some((turn) => turn.latency?.total_ms != null)).toBe(true);
  });

  it('who says goodbye reads that the agent has ended the call', async () => {
    const goodbye = await speak({ speechUrl: product.speechUrl, text: 'That is all, thank you. Bye bye.' });
    await using visitor = await openVisitor({ speech: afterGreeting(goodbye) });
    const { page } = visitor;
    await page.goto(`${product.run.url}/talk/demo`);
    await page.getByRole('button', { name: 'Start the call' }).click();
    await page.getByText('The agent has ended the call.').waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: 'Call again' }).waitFor();
  });

  it('reads before the call that nobody is free', async () => {
    await using visitor = await openVisitor({ microphone: false });
    const { page } = visitor;
    await page.route('**/talk/demo/info', (route) =>
      route.fulfill({ json: { agent_name: 'Front desk', online: false } }),
    );
    await page.goto(`${product.run.url}/talk/demo`);
    await page.getByRole('status').getByText('Nobody is free right now').waitFor({ timeout: patienceMs });
  });

  it('without a microphone reads what to do', async () => {
    await using visitor = await openVisitor({ microphone: false });
    await visitor.page.goto(`${product.run.url}/talk/demo`);
    await visitor.page.getByRole('button', { name: 'Start the call' }).click();
    await visitor.page
      .getByRole('alert')
      .getByText(/microphone/i)
      .waitFor({ timeout: patienceMs });
  });

  it('of an agent that does not exist reads so', async () => {
    await using visitor = await openVisitor();
    await visitor.page.goto(`${product.run.url}/talk/nobody-here`);
    await visitor.page
      .getByRole('alert')
      .getByText('There is no agent at this address')
      .waitFor({ timeout: patienceMs });
  });
});

/** The microphone file plays from the start of the call: the greeting comes first. */
function afterGreeting<C extends { samples: Int16Array; sampleRate: number }>({ samples, sampleRate }: C) {
  const lead = sampleRate * 9;
  const all = new Int16Array(lead + samples.length);
  all.set(samples, lead);
  return { samples: all, sampleRate };
}

async function webCall(product: Product): Promise<string> {
  return waitFor(
    'the web call in the list',
    async () => {
      const page = await product.api<{ items: { id: string }[] }>(
        'GET',
        `/calls?call_type=web&agent_id=${product.run.demo.agentId}`,
      );
      return page.items[0]?.id;
    },
    { timeoutMs: patienceMs, everyMs: 200 },
  );
}
