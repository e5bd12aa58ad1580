import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordEvents, startWebCall } from '../../../core/calls/index.ts';
import { eventsOf, latency } from '../../factories/events.ts';
import { newAgent } from '../../factories/lines.ts';
import type { TestApp } from '../../harness/app.ts';
import type { Visitor } from '../../harness/browser.ts';
import { type PagesApp, pagesApp } from '../../harness/pages-app.ts';
import { type Caller, password, signUp } from './crew.ts';

const patience = 120_000;

let pages: PagesApp;
let app: TestApp;
let visitor: Visitor;
let owner: Caller;
let callId: string;

beforeAll(async () => {
  pages = await pagesApp();
  ({ app, visitor } = pages);
  owner = await signUp(app, 'Owner');
  await newAgent(owner.ctx, { name: 'Front desk', webSlug: 'desk' });
  const { call } = await startWebCall(app.t.anonymous, { agent: 'desk' });
  callId = call.id;
  const startAt = Date.now() - 60_000;
  const turn = (text: string, totalMs: number) => ({
    type: 'agent.turn' as const,
    text,
    source: 'reply' as const,
    interrupted: false,
    startedAt: startAt,
    endedAt: startAt + 1_000,
    latency: { ...latency, totalMs },
  });
  const said = [turn('We are open until six.', 640), turn('On Sundays we are closed.', 1_480)];
  await recordEvents(app.t.system(), { events: eventsOf(callId, said, { startAt }) });
}, patience);
afterAll(() => pages?.[Symbol.asyncDispose]());

async function signIn({ email }: Caller): Promise<void> {
  const { page } = visitor;
  await visitor.context.clearCookies();
  await page.goto(`${app.url}/latency`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
}

test(
  'shows the percentiles, compares agents, and leads from the slowest turn to the waterfalls of its call',
  async () => {
    const { page } = visitor;
    await signIn(owner);
    await page.getByText('2 turns, in milliseconds').waitFor();
    const total = page.getByRole('row', { name: /^Last word → first sound/ });
    expect(await total.getByRole('cell').allTextContents()).toEqual(['640', '1480', '1480']);
    expect(await page.getByText('Front desk, web').count()).toBe(2);

    await page.getByLabel('Compare by').selectOption('agent');
    const group = page.getByRole('row', { name: /^Front desk 2/ });
    await group.waitFor();
    expect(await group.getByRole('cell').allTextContents()).toEqual(['2', '640', '1480', '1480']);

    const slowest = page.getByRole('listitem').first();
    expect(await slowest.textContent()).toContain('On Sundays we are closed.');
    expect(await slowest.getByRole('row', { name: /^In all/ }).textContent()).toContain('1480 ms');
    await slowest.getByRole('link').press('Enter');
    await page.waitForURL(`${app.url}/latency?call=${callId}`);
    await page.getByText('We are open until six.').waitFor();
    expect(await page.getByRole('row', { name: /^Model/ }).count()).toBe(2);
  },
  patience,
);

test(
  'says what to do when nobody has called yet, and shows no call of another workspace',
  async () => {
    const { page } = visitor;
    await signIn(await signUp(app, 'Stranger'));
    await page.getByText('No agent has answered anybody').waitFor();
    await page.goto(`${app.url}/latency?call=${callId}`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByText('We are open until six.').count()).toBe(0);
  },
  patience,
);
