import { afterAll, beforeAll, expect, test } from 'vitest';
import { newAgent } from '../../factories/lines.ts';
import { type PagesApp, pagesApp } from '../../harness/pages-app.ts';
import { signUp } from './crew.ts';

const patience = 120_000;

let pages: PagesApp;
beforeAll(async () => {
  pages = await pagesApp();
}, patience);
afterAll(() => pages?.[Symbol.asyncDispose]());

test(
  'who hangs up while the browser still asks for the microphone is not called',
  async () => {
    const { app, visitor } = pages;
    const { page } = visitor;
    const ada = await signUp(app);
    await newAgent(ada.ctx, { name: 'Reception', webSlug: 'reception' });
    // The question of the browser is open until the test answers it.
    await page.addInitScript(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      const allowed = new Promise<void>((resolve) => Object.assign(window, { allow: resolve }));
      mediaDevices.getUserMedia = (wanted) => allowed.then(() => ask(wanted));
    });
    const invitations: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/calls/generate-token')) invitations.push(request.url());
    });
    await page.goto(`${app.url}/talk/reception`);
    await page.getByRole('button', { name: 'Start the call' }).click();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('The call has ended.').waitFor();
    await page.evaluate(() => Reflect.get(window, 'allow')());
    // What waited for the answer before us has gone on when we have it, too.
    await page.evaluate(async () => {
      await navigator.mediaDevices.getUserMedia({ audio: true });
      await fetch('/health');
    });
    expect(invitations).toEqual([]);
    expect(app.t.ports.issuedTokens).toEqual([]);
    const asked = page.waitForRequest((request) => request.url().includes('/calls/generate-token'));
    await page.getByRole('button', { name: 'Call again' }).click();
    await asked;
  },
  patience,
);
