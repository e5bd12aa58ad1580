import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inviteMember } from '../../../core/workspaces/index.ts';
import { emails } from '../../../db/schema/emails.ts';
import type { TestApp } from '../../harness/app.ts';
import type { Visitor } from '../../harness/browser.ts';
import { type PagesApp, pagesApp } from '../../harness/pages-app.ts';
import { password, signUp } from './crew.ts';

const patience = 120_000;

let pages: PagesApp;
let app: TestApp;
let visitor: Visitor;
beforeAll(async () => {
  pages = await pagesApp();
  ({ app, visitor } = pages);
}, patience);
afterAll(() => pages?.[Symbol.asyncDispose]());

/** The newest link that was mailed to an address, at the test's own server. */
async function linkMailedTo(address: string): Promise<string> {
  const [mail] = await app.t.db
    .select()
    .from(emails)
    .where(eq(emails.toAddress, address))
    .orderBy(desc(emails.createdAt), desc(emails.id));
  const path = /(\/account\/\S+)/.exec(app.t.services.sealer.open(mail?.sealedText ?? ''))?.[1];
  return `${app.url}${path}`;
}

test(
  'a link that confirms an address does so when somebody presses the button, not before',
  async () => {
    const ada = await signUp(app);
    const isVerified = async () =>
      (await app.call('GET', '/auth/me', { headers: ada.headers })).body.user.email_verified;
    const { page } = visitor;
    await page.goto(await linkMailedTo(ada.email));
    const confirm = page.getByRole('button', { name: 'Confirm' });
    await confirm.waitFor();
    expect(await isVerified()).toBe(false);
    await confirm.click();
    await page.getByText('Your e-mail address is confirmed').waitFor();
    expect(await isVerified()).toBe(true);
    await page.reload();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('The link is not valid any more').waitFor();
  },
  patience,
);

test(
  'a new password is set by keyboard, and signs in',
  async () => {
    const ada = await signUp(app);
    await app.call('POST', '/auth/forgot-password', { body: { email: ada.email } });
    const { page } = visitor;
    await page.goto(await linkMailedTo(ada.email));
    await page.getByLabel('New password').fill('a new one, longer');
    await page.keyboard.press('Enter');
    await page.getByText('Your new password is set').waitFor();
    const answer = await app.call('POST', '/auth/login', {
      body: { email: ada.email, password: 'a new one, longer' },
    });
    expect(answer.status).toBe(200);
  },
  patience,
);

test(
  'an invited stranger signs in on the page and is a member',
  async () => {
    const owner = await signUp(app, 'Owner');
    const guest = await signUp(app, 'Guest');
    await inviteMember(owner.ctx, { workspaceId: owner.workspaceId, email: 'guest@pier.test' });
    const { page } = visitor;
    await visitor.context.clearCookies();
    await page.goto(await linkMailedTo('guest@pier.test'));
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Sign in to join').waitFor();
    await page.getByLabel('E-mail address').fill(guest.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in and join' }).click();
    await page.getByText('You are a member now').waitFor();
    const members = await app.call('GET', `/workspaces/${owner.workspaceId}/members`, {
      headers: owner.headers,
    });
    expect(members.body.map(({ email }: { email: string }) => email)).toContain(guest.email);
  },
  patience,
);
