import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import {
  addDoNotCall,
  createRegistry,
  deleteRegistry,
  getRegistry,
  healLists,
  importDoNotCall,
  importRegistry,
  liftDoNotCall,
  listDoNotCall,
  listRegistries,
  receiveRegistry,
} from '../../core/contacts/index.ts';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { callRegistryNumbers } from '../../db/schema/call-registry-numbers.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { campaigner, campaignRow, contactRow } from '../factories/campaigns.ts';
import { chunksOf } from '../factories/knowledge.ts';
import { withRole } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const ada = '+12125550101';
const file = (...lines: string[]) => chunksOf(Buffer.from(lines.join('\n')));
const stateOf = async (t: TestContext, id: string) =>
  (await t.db.select().from(contacts).where(eq(contacts.id, id)))[0]?.state;

describe('a do-not-call list', () => {
  test('of one campaign stops nobody else; lifting lets its people wait again, and the ledger has both', async () => {
    await using t = await testContext();
    const owner = await campaigner(t);
    const sister = await campaignRow(t, owner);
    const mine = await contactRow(t, owner.campaign, { phone: ada });
    const hers = await contactRow(t, sister, { phone: ada });
    const denied = await contactRow(t, owner.campaign, {
      ...{ phone: ada, state: 'blocked', blockedReason: 'consent_denied' },
    });
    const campaignId = owner.campaign.id;
    expect(await addDoNotCall(owner.ctx, { campaignId, phones: [ada, ada] })).toEqual({ added: 1 });
    expect(await addDoNotCall(owner.ctx, { campaignId, phones: [ada] })).toEqual({ added: 0 });
    expect([await stateOf(t, mine.id), await stateOf(t, hers.id)]).toEqual(['blocked', 'waiting']);
    expect(await listDoNotCall(owner.ctx, { phone: ada })).toMatchObject([{ campaignId, phone: ada }]);
    expect(await liftDoNotCall(owner.ctx, { campaignId, phones: [ada] })).toEqual({ lifted: 1 });
    expect([await stateOf(t, mine.id), await stateOf(t, denied.id)]).toEqual(['waiting', 'blocked']);
    expect(await listDoNotCall(owner.ctx, {})).toEqual([]);
    expect(await addDoNotCall(owner.ctx, { campaignId, phones: [ada] })).toEqual({ added: 1 });
    const ledger = await t.db.select().from(decisions).orderBy(decisions.id);
    expect(ledger.map(({ reason, allowed }) => [reason, allowed])).toEqual([
      ...[
        ['listed', false],
        ['lifted', true],
        ['listed', false],
      ],
    ]);
  });

  test('takes as many numbers at once as it says, and gives them free again', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const phones = Array.from({ length: 10_000 }, (_, n) => `+1212555${String(n).padStart(4, '0')}`);
    expect(await addDoNotCall(ctx, { phones })).toEqual({ added: 10_000 });
    expect(await addDoNotCall(ctx, { phones })).toEqual({ added: 0 });
    expect(await liftDoNotCall(ctx, { phones })).toEqual({ lifted: 10_000 });
  });

  test('is lifted by developers only, and no stranger sees or touches it', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const stranger = await campaigner(t);
    await addDoNotCall(ctx, { phones: [ada] });
    await expect(liftDoNotCall(await withRole(t, ctx, 'member'), { phones: [ada] })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await liftDoNotCall(stranger.ctx, { phones: [ada] })).toEqual({ lifted: 0 });
    expect(await listDoNotCall(stranger.ctx, {})).toEqual([]);
    await expect(
      addDoNotCall(stranger.ctx, { campaignId: campaign.id, phones: [ada] }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a file for the do-not-call list', () => {
  const given = { campaignId: null, country: 'US', note: 'June' };

  test('puts every number on the list once, and says which rows hold none', async () => {
    await using t = await testContext();
    const { ctx, campaign } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: ada });
    await addDoNotCall(ctx, { phones: ['+12125550102'] });
    const source = file('phone,name', '2125550101,Ada', '', '(212) 555-0102', 'nobody', ada, '+442079460000');
    expect(await importDoNotCall(ctx, { ...given, source })).toEqual({
      ...{ added: 2, numbers: 3, failed: 1 },
      errors: [{ row: 5, message: expect.stringContaining('no phone number') }],
    });
    expect(await stateOf(t, contact.id)).toBe('blocked');
    expect(await listDoNotCall(ctx, { phone: ada })).toMatchObject([{ source: 'import', note: 'June' }]);
    expect(await listDoNotCall(ctx, { campaignId: campaign.id })).toEqual([]);
  });

  test('may begin with the line in which Excel says how it is separated', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const source = file('sep=,', 'phone,name', `${ada},Ada`, 'nobody,Bo');
    expect(await importDoNotCall(ctx, { ...given, source })).toMatchObject({
      ...{ added: 1, failed: 1, errors: [{ row: 4 }] },
    });
  });

  test.each([
    ['UTF-16 of Excel', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'), '\t'],
    ['windows-1252', (text: string) => Buffer.from(text, 'latin1'), ';'],
  ])('is read in %s, with its delimiter', async (_what, encode, delimiter) => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const rows = [
      ['Téléphone', 'nom'],
      [ada, 'Ada'],
      ['nobody', 'Bo'],
    ];
    const text = rows.map((cells) => `${cells.join(delimiter)}\r\n`).join('');
    const source = chunksOf(encode(text));
    expect(await importDoNotCall(ctx, { ...given, source })).toMatchObject({
      ...{ added: 1, failed: 1, errors: [{ row: 3 }] },
    });
  });

  test('takes it for a header only where nobody can have meant a number', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const source = file('212-555-010', ada);
    expect(await importDoNotCall(ctx, { ...given, source })).toMatchObject({
      ...{ added: 1, failed: 1, errors: [{ row: 1 }] },
    });
  });

  test('may have the area code in a column of its own, as the registry of the US does', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const source = file('212,5550101', '415, 5550102', '', '212,Ada');
    expect(await importDoNotCall(ctx, { ...given, source })).toMatchObject({
      ...{ added: 2, failed: 1, errors: [{ row: 4 }] },
    });
    expect(await listDoNotCall(ctx, { phone: ada })).toHaveLength(1);
  });

  test.each([
    ['binary', Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x00, 0xff])],
    ['without a number', Buffer.from('phone\nnobody\n')],
    ['empty', Buffer.from('')],
  ])('changes nothing when it is %s', async (_what, bytes) => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    await expect(importDoNotCall(ctx, { ...given, source: chunksOf(bytes) })).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await listDoNotCall(ctx, {})).toEqual([]);
  });
});

describe('a registry', () => {
  test('counts when it has come in whole; a file that is none leaves the copy before it in force', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const { id: registryId } = await createRegistry(ctx, { name: 'National', country: 'us' });
    const fetchedAt = new Date(Date.now() - 1_000);
    const take = async (source: AsyncIterable<Uint8Array>) => {
      const { nextVersion: version } = await receiveRegistry(ctx, { registryId, fetchedAt, source });
      await importRegistry(t.system(), { registryId, version });
      return getRegistry(ctx, { registryId });
    };
    expect(await take(file('phone', '2125550101', '(212) 555-0102', ada))).toMatchObject({
      ...{ state: 'ready', version: 1, entryCount: 3, fetchedAt, nextUpload: null },
    });
    expect(await take(file('phone', '2125550101', 'nonsense'))).toMatchObject({
      ...{ state: 'failed', version: 1, error: 'Row 3 holds no phone number.', nextUpload: null },
    });
    const torn = async function* () {
      yield Buffer.from('2125550101\n');
      throw new Error('gone');
    };
    await expect(take(torn())).rejects.toThrow('gone');
    expect(await take(file('phone'))).toMatchObject({ state: 'failed', version: 1 });
    await expect(take(file(''))).rejects.toMatchObject({ code: 'invalid' });
    const numbers = () => t.db.select().from(callRegistryNumbers);
    expect((await numbers()).map(({ version, phone }) => [version, phone])).toEqual([
      [1, 12_125_550_101],
      [1, 12_125_550_102],
    ]);
    expect(await take(file('2125550103'))).toMatchObject({ state: 'ready', version: 4 });
    expect(await numbers()).toMatchObject([{ version: 4, phone: 12_125_550_103 }]);
    expect(await listRegistries(ctx, {})).toMatchObject([{ name: 'National', entryCount: 1 }]);
  });

  test('takes the newest of two uploads, once, whatever order the jobs come in, and forgets neither job', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const { id: registryId } = await createRegistry(ctx, { name: 'National', country: 'us' });
    const upload = (line: string) =>
      receiveRegistry(ctx, { registryId, fetchedAt: new Date(), source: file(line) });
    const [older, newer] = [await upload('2125550101'), await upload('2125550102')];
    const jobs = await t.db.select().from(outbox).where(eq(outbox.name, 'import-registry'));
    expect(jobs.map(({ payload }) => payload)).toEqual([
      ...[older, newer].map(({ nextVersion: version }) => ({ registryId, version })),
    ]);
    const run = (version: number) => importRegistry(t.system(), { registryId, version });
    expect(await run(newer.nextVersion)).toBe('ready');
    expect(await run(older.nextVersion)).toContain('a newer one');
    expect(await run(newer.nextVersion)).toContain('a newer one');
    expect(await t.db.select().from(callRegistryNumbers)).toMatchObject([{ phone: 12_125_550_102 }]);
    // A queue that has lost its jobs.
    await t.db.delete(outbox);
    const lost = await upload('2125550103');
    await t.db.delete(outbox);
    await t.db.update(callRegistries).set({ updatedAt: new Date(Date.now() - 3_600_000) });
    expect(await healLists(t.system(), {})).toMatchObject({ queued: 1 });
    expect(await t.db.select().from(outbox)).toMatchObject([
      { name: 'import-registry', payload: { registryId, version: lost.nextVersion } },
    ]);
    await deleteRegistry(ctx, { registryId });
    expect(await run(lost.nextVersion)).toContain('deleted');
    expect(await t.db.$count(callRegistryNumbers)).toBe(0);
    expect(await t.db.$count(outbox, eq(outbox.name, 'remove-blobs'))).toBe(1);
  });

  test('has a name of its own, a country, and is not downloaded tomorrow', async () => {
    await using t = await testContext();
    const { ctx } = await campaigner(t);
    const { id: registryId } = await createRegistry(ctx, { name: 'TPS', country: 'GB' });
    await expect(createRegistry(ctx, { name: 'tps', country: 'GB' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(createRegistry(ctx, { name: 'x', country: 'XX' })).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(
      receiveRegistry(ctx, { registryId, fetchedAt: new Date(Date.now() + 86_400_000), source: file(ada) }),
    ).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'fetchedAt' }] });
    const stranger = await campaigner(t);
    await expect(
      receiveRegistry(stranger.ctx, { registryId, fetchedAt: new Date(), source: file(ada) }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});
