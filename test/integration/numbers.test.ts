import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import {
  deleteSip,
  getNumberForSync,
  listNumbers,
  listNumbersForSync,
  mapAgent,
  recordSync,
  registerSipTrunk,
  testNewTrunk,
  updateSip,
} from '../../core/numbers/index.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const sent = (t: TestContext, name: string) => t.db.select().from(outbox).where(eq(outbox.name, name));

describe('numbers', () => {
  test('a registered number is normalised, waits for LiveKit, and never shows its password', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const number = await registerSipTrunk(ctx, {
      phoneNumber: '+1 (650) 555-1234',
      sipAddress: 'SIP:sip.Example.com:5061',
      provider: 'vonage',
      authUsername: 'user',
      authPassword: 'hunter2 hunter2',
    });
    expect(number).toMatchObject({
      e164: '+16505551234',
      sipAddress: 'sip.example.com:5061',
      syncState: 'pending',
      hasAuthPassword: true,
    });
    const everything = [number, await listNumbers(ctx, {}), await t.db.select().from(phoneNumbers)];
    expect(JSON.stringify(everything)).not.toContain('hunter2');
    expect(JSON.stringify(number)).not.toContain('Sealed');
    expect(await getNumberForSync(t.system(), { phoneNumberId: number.id })).toMatchObject({
      authPassword: 'hunter2 hunter2',
    });
    expect(await sent(t, 'sync-number')).toMatchObject([
      {
        payload: { phoneNumberId: number.id },
        key: `sync-number-${number.id}-${number.updatedAt.getTime()}`,
      },
    ]);
  });

  test('every field that does not fit is named', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    await expect(
      registerSipTrunk(ctx, {
        phoneNumber: '12345',
        sipAddress: 'not an address',
        allowedAddresses: ['10.0.0.0/8', '10.0.0.0/33', 'carrier'],
      }),
    ).rejects.toMatchObject({
      code: 'invalid',
      fields: [
        { path: 'phoneNumber' },
        { path: 'sipAddress' },
        { path: 'allowedAddresses.1' },
        { path: 'allowedAddresses.2' },
      ],
    });
    await expect(
      registerSipTrunk(ctx, { phoneNumber: nextNumber(), sipAddress: 'a.test', authPassword: 'x' }),
    ).rejects.toMatchObject({ fields: [{ path: 'authUsername' }] });
  });

  test('a number is registered once in the whole installation', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const phoneNumber = nextNumber();
    const attempts = await Promise.allSettled(
      [ada, ben, ada].map(({ ctx }) => registerSipTrunk(ctx, { phoneNumber, sipAddress: 'a.test' })),
    );
    const refused = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
    expect(refused).toHaveLength(2);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'conflict' });
  });

  test('mapping leads a number to an agent of the workspace, to another, or to none', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const [first, second, foreign] = [
      await newAgent(ada.ctx),
      await newAgent(ada.ctx),
      await newAgent(ben.ctx),
    ];
    const { e164: phoneNumber } = await newLine(t, ada.ctx, first.id);
    expect(await mapAgent(ada.ctx, { phoneNumber, agentId: second.id })).toMatchObject({
      agentId: second.id,
    });
    expect(await mapAgent(ada.ctx, { phoneNumber, agentId: null })).toMatchObject({ agentId: null });
    for (const agentId of [foreign.id, 'none'])
      await expect(mapAgent(ada.ctx, { phoneNumber, agentId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(mapAgent(ben.ctx, { phoneNumber, agentId: foreign.id })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('an update changes what it names; an empty password takes the credentials away', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const phoneNumber = nextNumber();
    const { id } = await registerSipTrunk(ctx, {
      phoneNumber,
      sipAddress: 'a.test',
      authUsername: 'user',
      authPassword: 'secret',
      label: 'Main',
    });
    expect(await updateSip(ctx, { phoneNumber, sipAddress: 'b.test', transport: 'tls' })).toMatchObject({
      sipAddress: 'b.test',
      transport: 'tls',
      label: 'Main',
      hasAuthPassword: true,
    });
    await expect(updateSip(ctx, { phoneNumber, authUsername: '' })).rejects.toMatchObject({
      code: 'invalid',
    });
    await updateSip(ctx, { phoneNumber, authPassword: 'other' });
    expect(await getNumberForSync(t.system(), { phoneNumberId: id })).toMatchObject({
      authPassword: 'other',
    });
    expect(await updateSip(ctx, { phoneNumber, authPassword: '', authUsername: '' })).toMatchObject({
      hasAuthPassword: false,
    });
    expect(await sent(t, 'sync-number')).toHaveLength(4);
  });

  test('a deleted number leaves behind only the order to clear it out of LiveKit', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { e164: phoneNumber } = await newLine(t, ctx, null);
    await deleteSip(ctx, { phoneNumber });
    expect(await listNumbers(ctx, {})).toEqual([]);
    expect(await sent(t, 'remove-number')).toMatchObject([
      { payload: { inboundTrunkId: 'ST_in', outboundTrunkId: 'ST_out', dispatchRuleId: 'SDR_1' } },
    ]);
    await expect(deleteSip(ctx, { phoneNumber })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('numbers of another workspace are not found', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const { e164: phoneNumber } = await newLine(t, ben.ctx, null);
    for (const attempt of [updateSip, deleteSip])
      await expect(attempt(ada.ctx, { phoneNumber })).rejects.toMatchObject({ code: 'not_found' });
    expect(await listNumbers(ada.ctx, {})).toEqual([]);
  });

  test('a member reads and maps numbers, and changes nothing else of them', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { e164: phoneNumber } = await newLine(t, ctx, null);
    const member = await withRole(t, ctx, 'member');
    expect(await listNumbers(member, {})).toHaveLength(1);
    expect(await mapAgent(member, { phoneNumber, agentId: null })).toMatchObject({ agentId: null });
    for (const attempt of [
      () => registerSipTrunk(member, { phoneNumber: nextNumber(), sipAddress: 'a.test' }),
      () => updateSip(member, { phoneNumber, label: 'X' }),
      () => deleteSip(member, { phoneNumber }),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('bringing LiveKit in step', () => {
  const ids = { inboundTrunkId: 'ST_1', outboundTrunkId: 'ST_2', dispatchRuleId: 'SDR_1' };

  test('a success is kept with its ids, a failure with its reason; neither counts as a change of the number', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const number = await registerSipTrunk(ctx, { phoneNumber: nextNumber(), sipAddress: 'a.test' });
    const phoneNumberId = number.id;
    await recordSync(t.system(), { phoneNumberId, ...ids, error: null });
    expect(await listNumbers(ctx, {})).toMatchObject([
      { ...ids, syncState: 'synced', syncedAt: expect.any(Date), updatedAt: number.updatedAt },
    ]);
    await recordSync(t.system(), { phoneNumberId, ...ids, error: 'the address is taken' });
    expect(await listNumbers(ctx, {})).toMatchObject([
      { syncState: 'failed', syncError: 'the address is taken', updatedAt: number.updatedAt },
    ]);
  });

  test('a number that was changed while it was set up stays pending', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id: phoneNumberId, updatedAt } = await registerSipTrunk(ctx, {
      phoneNumber: nextNumber(),
      sipAddress: 'a.test',
    });
    const sync = (asOf: Date) => recordSync(t.system(), { phoneNumberId, ...ids, error: null, asOf });
    await sync(new Date(updatedAt.getTime() - 1_000));
    expect(await listNumbers(ctx, {})).toMatchObject([{ ...ids, syncState: 'pending' }]);
    await sync(updatedAt);
    expect(await listNumbers(ctx, {})).toMatchObject([{ ...ids, syncState: 'synced' }]);
  });

  test('what was set up for a number that is gone meanwhile is sent to be removed', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const number = await registerSipTrunk(ctx, { phoneNumber: nextNumber(), sipAddress: 'a.test' });
    await deleteSip(ctx, { phoneNumber: number.e164 });
    await recordSync(t.system(), { phoneNumberId: number.id, ...ids, error: null });
    expect(await getNumberForSync(t.system(), { phoneNumberId: number.id })).toBeNull();
    expect((await sent(t, 'remove-number')).map((message) => message.payload)).toContainEqual(ids);
  });

  test('the heal sees the numbers of all workspaces, and only our own processes may ask', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const [first, second] = [await newLine(t, ada.ctx, null), await newLine(t, ben.ctx, null)];
    expect(await listNumbersForSync(t.system(), {})).toEqual([first.id, second.id]);
    await expect(listNumbersForSync(ada.ctx, {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(getNumberForSync(ada.ctx, { phoneNumberId: first.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('a new trunk is tested by a job after the commit, and what it answered stands with the number', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id, e164, updatedAt } = await registerSipTrunk(ctx, {
      ...{ phoneNumber: nextNumber(), sipAddress: 'sip.first.test' },
    });
    expect(await sent(t, 'test-trunk')).toMatchObject([{ payload: { phoneNumberId: id }, sentAt: null }]);
    expect(t.ports.probed).toEqual([]);
    expect(await testNewTrunk(t.system(), { phoneNumberId: id })).toBe('answered');
    expect(t.ports.probed).toEqual(['sip.first.test']);
    const detail = t.ports.trunkAnswer.detail;
    expect(await listNumbers(ctx, {})).toMatchObject([
      { testOutcome: 'answered', testDetail: detail, updatedAt },
    ]);
    await updateSip(ctx, { phoneNumber: e164, label: 'Main' });
    expect(await sent(t, 'test-trunk')).toHaveLength(1);
    const moved = await updateSip(ctx, { phoneNumber: e164, sipAddress: 'sip.second.test' });
    expect(moved).toMatchObject({ testOutcome: null, testDetail: null, testedAt: null });
    expect(await sent(t, 'test-trunk')).toHaveLength(2);
  });

  test('an answer of a trunk that was moved or deleted meanwhile is not kept', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { id, e164 } = await registerSipTrunk(ctx, {
      phoneNumber: nextNumber(),
      sipAddress: 'sip.first.test',
    });
    const { trunkProbe } = t.ports;
    const whileAsking = (meanwhile: () => Promise<unknown>) =>
      Object.assign(t.ports, {
        trunkProbe: {
          options: async (trunk: Parameters<typeof trunkProbe.options>[0]) => {
            await meanwhile();
            return trunkProbe.options(trunk);
          },
        },
      });
    whileAsking(() => updateSip(ctx, { phoneNumber: e164, sipAddress: 'sip.second.test' }));
    expect(await testNewTrunk(t.system(), { phoneNumberId: id })).toBeNull();
    expect(await listNumbers(ctx, {})).toMatchObject([{ testOutcome: null }]);
    whileAsking(() => deleteSip(ctx, { phoneNumber: e164 }));
    expect(await testNewTrunk(t.system(), { phoneNumberId: id })).toBeNull();
    expect(await testNewTrunk(t.system(), { phoneNumberId: id })).toBeNull();
  });
});
