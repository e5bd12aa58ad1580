import { parse } from 'csv-parse/sync';
import { asc, eq } from 'drizzle-orm';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { deleteCampaign } from '../../core/campaigns/index.ts';
import {
  addContact,
  countContacts,
  createList,
  errorsCsv,
  getList,
  listErrors,
  optOut,
  previewList,
  receiveUpload,
  retryImport,
  startImport,
} from '../../core/contacts/index.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { campaigner, campaignRow } from '../factories/campaigns.ts';
import { chunksOf } from '../factories/knowledge.ts';
import { importedList, runImport, uploadList } from '../factories/lists.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const contactsOf = (t: TestContext, campaignId: string) =>
  t.db.select().from(contacts).where(eq(contacts.campaignId, campaignId)).orderBy(asc(contacts.row));

const problemsOf = async (ctx: Parameters<typeof listErrors>[0], listId: string) =>
  (await listErrors(ctx, { listId })).map(({ row, code }) => `${row} ${code}`);

describe('a list', () => {
  test('becomes contacts: numbers as E.164, places, consent, every other column a variable', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const csv = [
      'First Name,Mobile,Opt-in,State,Time zone,Prio,Empty',
      'Ada,(212) 555-0123,written,,,9,',
      'Bo,+44 20 7946 0018,yes,,,,',
      '"Smith, ""Cy""\nJr.",1-305-555-0101,WRITTEN,FL,America/New_York,,',
      '',
    ].join('\n');
    const list = await importedList(t, ctx, campaign, csv, { defaultCountry: 'US' });
    expect(await getList(ctx, { listId: list.id })).toMatchObject({
      ...{ state: 'done', rowsDone: 3, rowsImported: 3, rowsFailed: 0, rowsBlocked: 0 },
      mapping: { phone: 'Mobile', consent: 'Opt-in', state: 'State', zone: 'Time zone', priority: 'Prio' },
    });
    expect(await contactsOf(t, campaign.id)).toMatchObject([
      {
        ...{
          row: 2,
          phone: '+12125550123',
          country: 'US',
          consent: 'written',
          priority: 9,
          state: 'waiting',
        },
        variables: { 'First Name': 'Ada' },
        windowKey: 'US;US-NY;America/New_York',
      },
      { row: 3, phone: '+442079460018', country: 'GB', consent: 'express', windowKey: 'GB;;Europe/London' },
      {
        ...{ row: 4, phone: '+13055550101', givenState: 'FL', givenZone: 'America/New_York' },
        variables: { 'First Name': 'Smith, "Cy"\nJr.' },
        // 305 alone is in one zone; the state has two.
        windowKey: 'US;US-FL;America/Chicago,America/New_York',
      },
    ]);
    // The bytes are not needed any more.
    const removals = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    expect(removals).toHaveLength(1);
  });

  test.each([
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`), ','],
    ['UTF-16 of Excel', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'), '\t'],
    ['big-endian UTF-16', (text: string) => iconv.encode(text, 'utf-16be', { addBOM: true }), '|'],
    ['windows-1252', (text: string) => iconv.encode(text, 'windows-1252'), ';'],
  ])('is read in %s, with its delimiter', async (_, encode, delimiter) => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    // The first letter beyond ASCII comes late, after all that is looked at for the header.
    const plain = Array.from(
      { length: 9_000 },
      (_, n) => `+1212${200 + (n % 700)}${1_000 + n},Ann Example of the long lane,1`,
    );
    const text = ['phone,name,fee', ...plain, '+493012345678,Jürgen „Müßig“,5 €', ''].join('\r\n');
    const file = encode(text.replaceAll(',', delimiter));
    const list = await importedList(t, ctx, campaign, file);
    expect(await getList(ctx, { listId: list.id })).toMatchObject({
      state: 'done',
      delimiter,
      rowsImported: 9_001,
    });
    const [last] = (await contactsOf(t, campaign.id)).slice(-1);
    expect(last).toMatchObject({ variables: { name: 'Jürgen „Müßig“', fee: '5 €' } });
  });

  test('keeps each row that fails with its number and reason, and the others are imported', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const csv = [
      'phone,consent,state,zip,zone,priority,country,note',
      '+12125550101,written,,,,,,fine',
      ',written,,,,,,no phone',
      '12345,written,,,,,,too short',
      '4.47911E+11,written,,,,,,rounded',
      '+12125550102 ext. 5,written,,,,,,extension',
      '+12125550103,perhaps,,,,,,consent',
      '+12125550104,written,Atlantis,,,,,state',
      '+12125550105,written,,ABC,,,,zip',
      '+12125550106,written,,,Mars/Olympus,,,zone',
      '+12125550107,written,,,,12,,priority',
      '2125550108,written,,,,,XX,country',
      '+12125550109,written,,,,,,fine,and more',
      '+12125550110,written,,,,,,fine,,',
      `+12125550111,written,,,,,,${'x'.repeat(5_001)}`,
      '+1 (212) 555-0101,written,,,,,,again',
    ].join('\n');
    const list = await importedList(t, ctx, campaign, csv);
    expect(await problemsOf(ctx, list.id)).toEqual([
      ...['3 phone_missing', '4 phone_invalid', '5 phone_rounded', '6 phone_extension', '7 consent_invalid'],
      ...['8 state_invalid', '9 zip_invalid', '10 zone_invalid', '11 priority_invalid', '12 country_invalid'],
      ...['13 too_many_cells', '15 cell_too_long', '16 duplicate_in_list'],
    ]);
    expect(await getList(ctx, { listId: list.id })).toMatchObject({
      ...{ state: 'done', rowsDone: 15, rowsImported: 2, rowsFailed: 12, rowsDuplicate: 1 },
    });
    expect((await contactsOf(t, campaign.id)).map(({ row }) => row)).toEqual([2, 14]);
  });

  test('gives its failed rows back as CSV without formulas, which can be mended and sent again', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const evil = ['=HYPERLINK("http://evil.test")', '+1+1', '-2', '@SUM(A1)'];
    const header = 'phone,consent,=name';
    const csv = [header, ...evil.map((cell) => `nobody,written,"${cell.replaceAll('"', '""')}"`)].join('\n');
    const list = await importedList(t, ctx, campaign, csv);
    let download = '';
    for await (const piece of errorsCsv(ctx, list.id)) download += piece;
    const [columns, ...rows] = parse(download, { bom: true }) as string[][];
    expect(columns).toEqual(['phone', 'consent', "'=name", 'error row', 'error']);
    expect(rows.map((row) => row.slice(2, 4))).toEqual(evil.map((cell, n) => [`'${cell}`, String(n + 2)]));
    expect(download).not.toMatch(/(^|,)"?[=+\-@]/m);

    let count = 100;
    const mended = download.replaceAll('nobody', () => `+12125550${count++}`);
    const again = await importedList(t, ctx, campaign, mended);
    expect(await getList(ctx, { listId: again.id })).toMatchObject({ rowsImported: 4, rowsFailed: 0 });
    const variables = (await contactsOf(t, campaign.id)).map((one) => one.variables);
    expect(variables).toEqual(evil.map((name) => ({ "'=name": name })));
  });

  test('takes numbers twice, or those of other lists and campaigns, only when it is told to', async () => {
    await using t = await testContext();
    const owner = await campaigner(t);
    const { ctx, campaign } = owner;
    const sister = await campaignRow(t, owner);
    const csv = 'phone,consent\n+12125550101,written\n+12125550101,written\n+12125550102,written';
    const counts = async (target: typeof sister, options: Parameters<typeof importedList>[4]) => {
      const { id: listId } = await importedList(t, ctx, target, csv, options);
      const { rowsImported, rowsDuplicate } = await getList(ctx, { listId });
      return [rowsImported, rowsDuplicate];
    };
    expect(await counts(campaign, {})).toEqual([2, 1]);
    expect(await counts(campaign, {})).toEqual([0, 3]);
    expect(await counts(sister, { duplicatesAcross: 'skip_workspace' })).toEqual([0, 3]);
    expect(await counts(sister, {})).toEqual([2, 1]);
    expect(await counts(sister, { duplicatesAcross: 'keep', duplicatesInList: 'keep' })).toEqual([3, 0]);
    const stranger = await campaigner(t);
    const theirs = await importedList(t, stranger.ctx, stranger.campaign, csv, {
      duplicatesAcross: 'skip_workspace',
    });
    expect(await getList(stranger.ctx, { listId: theirs.id })).toMatchObject({ rowsImported: 2 });
  });

  test('of two that come in at the same moment brings everybody once, in chunks that overtake nobody', async () => {
    await using t = await testContext();
    const owner = await campaigner(t);
    const { ctx, campaign } = owner;
    const people = Array.from({ length: 12_000 }, (_, n) => `+1212${2_000_000 + n * 7},written,${n}`);
    const csv = ['phone,consent,place', ...people].join('\n');
    const targets = [campaign, await campaignRow(t, owner)];
    const lists = await Promise.all(
      targets.map(async (target) => {
        const { id: listId } = await uploadList(ctx, target, csv, { duplicatesAcross: 'skip_workspace' });
        return startImport(ctx, { listId });
      }),
    );
    await Promise.all(lists.map((list) => runImport(t, list)));
    const ended = await Promise.all(lists.map(({ id: listId }) => getList(ctx, { listId })));
    const sum = (of: (list: (typeof ended)[number]) => number) =>
      ended.reduce((all, list) => all + of(list), 0);
    expect(sum(({ rowsImported }) => rowsImported)).toBe(12_000);
    expect(sum(({ rowsDuplicate }) => rowsDuplicate)).toBe(12_000);
    const kept = (await Promise.all(targets.map(({ id }) => contactsOf(t, id)))).flat();
    expect(new Set(kept.map(({ phone }) => phone)).size).toBe(12_000);
    expect(kept).toHaveLength(12_000);
    const refused = await Promise.all(ended.map(({ id: listId }) => listErrors(ctx, { listId })));
    const [first] = refused.flat();
    expect(first).toMatchObject({
      code: 'duplicate_elsewhere',
      cells: people[(first?.row ?? 0) - 2]?.split(','),
    });
  });

  test('blocks whom no rule lets be called, at once and with the reason in the ledger', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    await optOut(ctx, { phone: '+12125550101' });
    const csv = [
      'phone,consent',
      '+12125550101,written',
      '+12125550102,no',
      '+12125550103,',
      '+18005550104,written',
      '+12125550105,written',
    ].join('\n');
    const list = await importedList(t, ctx, campaign, csv);
    const reasons = ['do_not_call', 'consent_denied', 'consent_missing', 'zone_unknown'];
    const rows = await contactsOf(t, campaign.id);
    expect(rows.map(({ state, blockedReason }) => blockedReason ?? state)).toEqual([...reasons, 'waiting']);
    expect(await getList(ctx, { listId: list.id })).toMatchObject({ rowsImported: 5, rowsBlocked: 4 });
    const ledger = await t.db
      .select()
      .from(decisions)
      .where(eq(decisions.stage, 'import'))
      .orderBy(decisions.id);
    expect(ledger.map(({ reason, contactId }) => [reason, contactId])).toEqual(
      reasons.map((reason, n) => [reason, rows[n]?.id]),
    );
    expect(await countContacts(t.db, campaign.id)).toEqual([
      { windowKey: 'US;;', state: 'blocked', count: 1 },
      { windowKey: 'US;US-NY;America/New_York', state: 'blocked', count: 3 },
      { windowKey: 'US;US-NY;America/New_York', state: 'waiting', count: 1 },
    ]);
  });
});

describe('an upload', () => {
  const refusals: [string, string | Uint8Array, RegExp][] = [
    ['nothing', '', /empty/],
    [
      'a picture',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 1, 2, 3]),
      /not a text file/,
    ],
    ['a workbook', Buffer.from('PK\u0003\u0004 rest'), /save the table as CSV/],
    [
      'a table that begins with a word to Excel of which nobody knows what it says',
      'sep=\nphone;name\n+12125550101;Ada',
      /sep=.*names the columns/,
    ],
    ['a table without a header', '+12125550101,Ada\n+12125550102,Bo', /must name the columns/],
    ['a header with an open quote', 'phone,"name\n+12125550101,Ada', /never closed/],
  ];
  test.each(refusals)('of %s fails in words', async (_, content, reason) => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, content);
    expect(list).toMatchObject({ state: 'failed', error: expect.stringMatching(reason), parts: [] });
    await expect(startImport(ctx, { listId: list.id })).rejects.toMatchObject({ code: 'conflict' });
    await expect(retryImport(ctx, { listId: list.id })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('without a phone column is not started: the field is named, and so are the columns', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, 'name,city\nAda,London\n');
    expect(list).toMatchObject({ state: 'received', mapping: null });
    await expect(startImport(ctx, { listId: list.id })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'mapping.phone', message: expect.stringContaining('name, city') }],
    });
    const mapping = { phone: 'name', zone: 'town', state: 'name' };
    await expect(startImport(ctx, { listId: list.id, mapping })).rejects.toMatchObject({
      fields: [{ path: 'mapping.zone' }, { path: 'mapping.state' }],
    });
    expect(await t.db.$count(outbox, eq(outbox.name, 'import-contacts'))).toBe(0);
  });

  test('finds the column of numbers by what is in it, and shows the first rows', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, 'who,reach\nAda,+12125550101\nBo,+12125550102\n');
    expect(list).toMatchObject({ state: 'received', mapping: { phone: 'reach' } });
    const { rows } = await previewList(ctx, { listId: list.id });
    expect(rows).toEqual([
      ['Ada', '+12125550101'],
      ['Bo', '+12125550102'],
    ]);
  });

  test('that breaks off keeps what has come, says where it goes on, and is whole with the rest', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const bytes = Buffer.from('phone,name\n+12125550101,Zoë\n+12125550102,Bo\n');
    const { id: listId } = await createList(ctx, { campaignId: campaign.id, fileName: 'a.csv' });
    // In the middle of a letter.
    const cut = bytes.indexOf(0xab);
    const broken = async function* () {
      yield bytes.subarray(0, cut);
      throw new Error('the line is dead');
    };
    await expect(receiveUpload(ctx, { listId, source: broken() })).rejects.toThrow('the line is dead');
    expect(await getList(ctx, { listId })).toMatchObject({ state: 'broken', receivedBytes: cut });
    await expect(startImport(ctx, { listId })).rejects.toMatchObject({ code: 'conflict' });
    await expect(receiveUpload(ctx, { listId, source: chunksOf(bytes) })).rejects.toMatchObject({
      code: 'conflict',
      details: { receivedBytes: cut },
    });
    const rest = await receiveUpload(ctx, { listId, offset: cut, source: chunksOf(bytes.subarray(cut), 3) });
    expect(rest).toMatchObject({ state: 'received', encoding: 'utf-8' });
    const list = await startImport(ctx, { listId });
    await runImport(t, list);
    expect(await contactsOf(t, campaign.id)).toMatchObject([{ variables: { name: 'Zoë' } }, {}]);
  });

  test('leaves nothing behind: not with its campaign, and not where another connection was faster', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, 'phone\n+12125550101\n');
    const { id: twice } = await createList(ctx, { campaignId: campaign.id, fileName: 'twice.csv' });
    const before = t.ports.blobBytes.size;
    const both = await Promise.allSettled(
      [1, 2].map(() => receiveUpload(ctx, { listId: twice, source: chunksOf(Buffer.from('phone\n')) })),
    );
    expect(both.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(t.ports.blobBytes.size).toBe(before + 1);
    await deleteCampaign(ctx, { campaign: campaign.id });
    const removed = await t.db.select().from(outbox).where(eq(outbox.name, 'remove-blobs'));
    const keys = removed.flatMap(({ payload }) => (payload as { keys: string[] }).keys);
    expect(keys).toEqual(expect.arrayContaining(list.parts.map(({ blobKey }) => blobKey)));
  });

  test('does not come into a campaign that was archived meanwhile', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, 'phone\n+12125550101\n');
    await t.db.update(campaigns).set({ status: 'archived' }).where(eq(campaigns.id, campaign.id));
    await expect(startImport(ctx, { listId: list.id })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('belongs to its workspace', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const list = await uploadList(ctx, campaign, 'phone\n+12125550101');
    const { ctx: stranger } = await newPerson(t, 'Mallory');
    const missing = { code: 'not_found' };
    await expect(getList(stranger, { listId: list.id })).rejects.toMatchObject(missing);
    await expect(startImport(stranger, { listId: list.id })).rejects.toMatchObject(missing);
    await expect(listErrors(stranger, { listId: list.id })).rejects.toMatchObject(missing);
    await expect(createList(stranger, { campaignId: campaign.id })).rejects.toMatchObject(missing);
    await expect(
      receiveUpload(stranger, { listId: list.id, source: chunksOf(Buffer.from('x')) }),
    ).rejects.toMatchObject(missing);
    await expect(
      addContact(stranger, { campaignId: campaign.id, phone: '+12125550101' }),
    ).rejects.toMatchObject(missing);
  });
});

describe('a single contact', () => {
  test('is read like a row, refused twice, and blocked when nobody may call', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const add = (more: Partial<Parameters<typeof addContact>[1]>) =>
      addContact(ctx, { campaignId: campaign.id, phone: '(212) 555-0101', country: 'US', ...more });
    const first = await add({ consent: 'written', variables: { name: 'Ada' }, zip: '10001' });
    expect(first).toMatchObject({
      phone: '+12125550101',
      state: 'waiting',
      windowKey: 'US;US-NY;America/New_York',
    });
    await expect(add({})).rejects.toMatchObject({ code: 'conflict', details: { contactId: first.id } });
    expect(await add({ onDuplicate: 'keep' })).toMatchObject({
      ...{ state: 'blocked', blockedReason: 'consent_missing' },
    });
    const fieldOf = (more: Parameters<typeof add>[0]) =>
      add(more).then(
        () => 'taken',
        (error: { fields: { path: string }[] }) => error.fields[0]?.path,
      );
    expect(await fieldOf({ phone: '12' })).toBe('phone');
    expect(await fieldOf({ zone: 'Mars/Olympus' })).toBe('zone');
    expect(await fieldOf({ state: 'Atlantis' })).toBe('state');
    expect(await fieldOf({ country: 'XX' })).toBe('country');
  });

  test('of two at the same moment is added once', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const add = () => addContact(ctx, { campaignId: campaign.id, phone: '+12125550101', consent: 'written' });
    const results = await Promise.allSettled([add(), add(), add()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });
});
