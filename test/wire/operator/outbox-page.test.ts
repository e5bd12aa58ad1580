import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { inviteMember } from '../../../core/workspaces/index.ts';
import { emails } from '../../../db/schema/emails.ts';
import type { TestApp } from '../../harness/app.ts';
import type { Visitor } from '../../harness/browser.ts';
import { type PagesApp, pagesApp } from '../../harness/pages-app.ts';
import { type Caller, join as joinAs, password, signUp } from './crew.ts';

const patience = 120_000;

let pages: PagesApp;
let app: TestApp;
let visitor: Visitor;
beforeAll(async () => {
  pages = await pagesApp();
  ({ app, visitor } = pages);
}, patience);
afterAll(() => pages?.[Symbol.asyncDispose]());
beforeEach(() => visitor.context.clearCookies());

async function signInOnPage({ email }: Caller): Promise<void> {
  const { page } = visitor;
  await page.goto(`${app.url}/outbox`);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
}

test(
  'an admin reads held mail by keyboard, and the link in it is one',
  async () => {
    const owner = await signUp(app, 'Owner');
    await inviteMember(owner.ctx, { workspaceId: owner.workspaceId, email: 'guest@pier.test' });
    await app.t.db.update(emails).set({ status: 'held' });
    await signInOnPage(owner);
    const { page } = visitor;
    await page.getByText('one mail waits to be handed over by you').waitFor();
    const link = page.getByRole('link', { name: '/account/accept-invitation' });
    expect(await link.isVisible()).toBe(false);
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
    await link.waitFor();
    expect(await link.getAttribute('href')).toMatch(
      /^http:\/\/trunkline\.test\/account\/accept-invitation\?token=\S+$/,
    );
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
    await page.reload();
    await page.getByLabel('Password').waitFor();
  },
  patience,
);

test(
  'an admin without mail is told so, and mail of another workspace is not shown',
  async () => {
    await signInOnPage(await signUp(app, 'Stranger'));
    await visitor.page.getByText('No mail yet').waitFor();
    expect(await visitor.page.getByText('guest@pier.test').count()).toBe(0);
  },
  patience,
);

test(
  'a member is refused in words',
  async () => {
    const owner = await signUp(app, 'Owner');
    await signInOnPage(await joinAs(app, owner.workspaceId, 'member'));
    await visitor.page.getByText('This needs the role admin').waitFor();
  },
  patience,
);

test(
  'a wrong password is refused on the page',
  async () => {
    const { page } = visitor;
    await page.goto(`${app.url}/outbox`);
    await page.getByLabel('E-mail address').fill('nobody@pier.test');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The e-mail address or the password is wrong').waitFor();
  },
  patience,
);
