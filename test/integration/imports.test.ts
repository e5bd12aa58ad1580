import { setTimeout as sleep } from 'node:timers/promises';
import { asc, eq, sql } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { createCampaign, updateCampaignSettings } from '../../core/campaigns/index.ts';
import {
  getList,
  healLists,
  listErrors,
  previewList,
  retryImport,
  startImport,
} from '../../core/contacts/index.ts';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { campaigner } from '../factories/campaigns.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { importedList, runImport, uploadList } from '../factories/lists.ts';
import { testContext } from '../harness/context.ts';

describe('an import', () => {
  const people = (count: number) =>
    Array.from(
      { length: count },
      (_, n) => `+1212${200 + Math.floor(n / 9_000)}${1_000 + (n % 9_000)},written`,
    );
  const csvOf = (count: number) => ['phone,consent', ...people(count), ''].join('\n');

  test('goes on where it broke off, without a row lost or taken twice', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const { id: listId } = await uploadList(ctx, campaign, csvOf(25_000));
    const list = await startImport(ctx, { listId });
    const { get } = t.ports.blobs;
    // The store goes away in the middle of the file.
    Object.assign(t.ports.blobs, {
      get: async (key: string) => {
        const whole = t.ports.blobBytes.get(key) ?? Buffer.alloc(0);
        return (async function* () {
          for (let at = 0; at < whole.length * 0.7; at += 10_000) {
            yield whole.subarray(at, at + 10_000);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          throw new Error('S3 is away');
        })();
      },
    });
    await expect(runImport(t, list)).rejects.toThrow('S3 is away');
    Object.assign(t.ports.blobs, { get });
    const halfway = await getList(ctx, { listId });
    expect(halfway.state).toBe('importing');
    expect(halfway.rowsDone).toBeGreaterThan(0);
    expect(halfway.rowsDone).toBeLessThan(17_500);
    // Two at once: a job that was thought dead, and the one in its place.
    await Promise.all([runImport(t, list), runImport(t, list)]);
    await runImport(t, list);
    expect(await getList(ctx, { listId })).toMatchObject({
      ...{ state: 'done', rowsDone: 25_000, rowsImported: 25_000, rowsDuplicate: 0 },
    });
    const rows = await t.db.select().from(contacts).orderBy(asc(contacts.row));
    const phones = rows.map(({ phone }) => `${phone},written`);
    expect(phones).toEqual(people(25_000));
  });

  test.each([
    ['a semicolon', 'sep=;', ';'],
    ['a semicolon, in quotes, after a byte order mark', '\ufeff"sep=;"', ';'],
    ['a comma, where the header has more of another sign', 'sep=,', ','],
    ['a sign that nobody would have guessed', 'SEP=~', '~'],
  ])('may say first how it is separated, as Excel does: by %s', async (_, line, sign) => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const header = sign === ';' ? 'phone,name' : 'phone,a;b;c;d';
    const rows = [header, '+12125550101,Ada', '12,Bo', '+12125550102,Cy'];
    const csv = [line, ...rows.map((row) => row.replace(',', sign))].join('\r\n');
    const list = await uploadList(ctx, campaign, csv);
    expect(list).toMatchObject({ state: 'received', delimiter: sign });
    expect((await previewList(ctx, { listId: list.id })).rows).toEqual([
      ['+12125550101', 'Ada'],
      ['12', 'Bo'],
      ['+12125550102', 'Cy'],
    ]);
    await runImport(t, await startImport(ctx, { listId: list.id }));
    expect(await getList(ctx, { listId: list.id })).toMatchObject({
      ...{ state: 'done', rowsDone: 3, rowsImported: 2, rowsFailed: 1 },
    });
    const people = await t.db.select().from(contacts).orderBy(asc(contacts.row));
    expect(people.map(({ row, phone }) => [row, phone])).toEqual([
      [3, '+12125550101'],
      [5, '+12125550102'],
    ]);
    expect(await listErrors(ctx, { listId: list.id })).toMatchObject([{ row: 4, code: 'phone_invalid' }]);
  });

  test('blocks nobody by rules that were changed while it went on', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const agent = await newAgent(ctx);
    const line = await newLine(t, ctx, agent.id);
    const campaign = await createCampaign(ctx, {
      name: 'Recall',
      agentId: agent.id,
      fromNumbers: [line.e164],
    });
    const { id: listId } = await uploadList(
      ctx,
      campaign,
      'phone,consent\n+12125550101,yes\n+12125550102,\n',
    );
    const list = await startImport(ctx, { listId });
    const { get } = t.ports.blobs;
    Object.assign(t.ports.blobs, {
      get: async (...given: Parameters<typeof get>) => {
        const rules = { purpose: 'informational' };
        await updateCampaignSettings(ctx, { campaign: campaign.id, change: { rules } as never });
        return get(...given);
      },
    });
    expect(await runImport(t, list)).toBe('done');
    const rows = await t.db.select().from(contacts).orderBy(asc(contacts.row));
    expect(rows.map(({ state, blockedReason }) => [state, blockedReason])).toEqual([
      ['waiting', null],
      ['blocked', 'consent_missing'],
    ]);
  });

  test('that cannot be read to its end says where, keeps what came before, and ends when it is deleted', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await importedList(t, ctx, campaign, `${csvOf(20_000)}+12125550101,"written`);
    const failed = await getList(ctx, { listId: list.id });
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringMatching(/never closed/) });
    expect(await t.db.$count(contacts)).toBe(failed.rowsImported);
    const again = await retryImport(ctx, { listId: list.id });
    expect(again).toMatchObject({ state: 'queued', run: 2, rowsDone: failed.rowsDone });
    // The old run has nothing to say any more.
    expect(await runImport(t, list)).toMatch(/taken over/);
    await t.db.delete(contactLists).where(eq(contactLists.id, list.id));
    expect(await runImport(t, again)).toMatch(/deleted/);
  });

  test.each([
    ['beside calls has one chunk on its way at a time', 3, 1],
    ['without calls has three', 0, 3],
  ])('%s, and is whole', async (_, rooms, chunks) => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const { id: listId } = await uploadList(ctx, campaign, csvOf(20_000));
    const list = await startImport(ctx, { listId });
    let begun = 0;
    Object.assign(t.ports.fleet, {
      activeRooms: async () => {
        begun++;
        return rooms;
      },
    });
    let run: Promise<unknown> | undefined;
    // As long as it holds the table, no chunk gets through.
    await t.db.transaction(async (tx) => {
      await tx.execute(sql`lock table contacts in exclusive mode`);
      run = runImport(t, list);
      await vi.waitFor(() => expect(begun).toBe(chunks), 10_000);
      await sleep(300);
      expect(begun).toBe(chunks);
    });
    await run;
    expect(await getList(ctx, { listId })).toMatchObject({ state: 'done', rowsImported: 20_000 });
  });

  test('that the queue has forgotten is queued again, and one that is at work is left alone', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const { id: listId } = await uploadList(ctx, campaign, csvOf(2));
    await startImport(ctx, { listId });
    await t.db.delete(outbox);
    expect(await healLists(t.system(), {})).toEqual({ queued: 0, broken: 0 });
    await t.db.update(contactLists).set({ updatedAt: new Date(Date.now() - 11 * 60_000) });
    expect(await healLists(t.system(), {})).toEqual({ queued: 1, broken: 0 });
    expect(await t.db.select().from(outbox)).toMatchObject([
      { name: 'import-contacts', payload: { listId, run: 1 } },
    ]);
  });
});
