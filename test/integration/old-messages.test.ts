import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { emails } from '../../db/schema/emails.ts';
import { textMessages } from '../../db/schema/text-messages.ts';
import type { JobServices } from '../../jobs/services.ts';
import { expireTokensSweep } from '../../jobs/tasks/expire-tokens.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

const dayMs = 86_400_000;

test('mail and text messages go when their days are over, more of them than one round takes; younger ones stay', async () => {
  await using t = await testContext();
  const { email, workspaceId } = await newPerson(t);
  await t.db.execute('delete from emails');
  const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);
  const mail = { toAddress: email, subject: 'Hello', status: 'sent' as const };
  await t.db
    .insert(emails)
    .values([
      ...Array.from({ length: 1_001 }, () => ({ ...mail, createdAt: daysAgo(91) })),
      { ...mail, status: 'held', sealedText: 'sealed', createdAt: daysAgo(91) },
      { ...mail, subject: 'Still here', createdAt: daysAgo(89) },
    ]);
  const text = { workspaceId, toNumber: '+12125550100', status: 'sent' as const };
  await t.db.insert(textMessages).values([
    { ...text, body: 'old', requestKey: 'one', createdAt: daysAgo(91) },
    { ...text, body: 'young', requestKey: 'two', createdAt: daysAgo(89) },
  ]);
  const sweep = () =>
    expireTokensSweep.execute({ ctx: t.system(), messagesKeepMs: 90 * dayMs } as JobServices, {});
  expect(await sweep()).toBe(1_003);
  expect(await t.db.select().from(emails)).toMatchObject([{ subject: 'Still here' }]);
  expect(await t.db.select().from(textMessages)).toMatchObject([{ body: 'young' }]);
  expect(await sweep()).toBe(0);
  await t.db
    .update(emails)
    .set({ createdAt: daysAgo(91) })
    .where(eq(emails.subject, 'Still here'));
  expect(await sweep()).toBe(1);
});
