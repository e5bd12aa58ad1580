import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { carrierAccount, deleteCarrierAccount, saveCarrierAccount } from '../../core/carriers/index.ts';
import type { Context } from '../../core/context.ts';
import {
  deleteSip,
  getNumberForSync,
  listNumbers,
  listNumbersForSync,
  purchaseNumber,
  releaseNumber,
  searchNumbers,
  searchWithAccount,
  settleOrders,
} from '../../core/numbers/index.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { openCarriers } from '../../sip/carriers/index.ts';
import { newPerson } from '../factories/people.ts';
import { mockApi, vendors, wanted } from '../harness/carrier-apis.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { carrierUrls } from '../harness/fake-carriers.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const sent = (t: TestContext, name: string) => t.db.select().from(outbox).where(eq(outbox.name, name));

const accounts = {
  twilio: carrierAccount.parse({
    ...{ carrier: 'twilio', accountSid: 'AC1', authToken: 'secret', trunkSid: 'TK1' },
    ...{ sipAddress: 'acme.pstn.twilio.com', sipUsername: 'acme', sipPassword: 'sip secret' },
    allowedAddresses: ['54.172.60.0/23'],
  }),
  telnyx: carrierAccount.parse({ carrier: 'telnyx', apiKey: 'KEY1', connectionId: '77' }),
  vonage: carrierAccount.parse({
    ...{ carrier: 'vonage', apiKey: 'key', apiSecret: 'secret', inboundSipUri: 'sip:in@pbx.test' },
  }),
};

async function withCarrier(t: TestContext, account: keyof typeof accounts, url: string) {
  t.ports.carriers = openCarriers(carrierUrls(url));
  const person = await newPerson(t);
  await saveCarrierAccount(person.ctx, { account: accounts[account] });
  return person;
}

test.each(['twilio', 'telnyx', 'vonage'] as const)(
  'a number of %s is found, bought once, set up with the account’s trunk, and given back when it is deleted',
  async (name) => {
    await using t = await testContext();
    let owned = false;
    const api = await mockApi(
      vendors[name](
        () => owned,
        (is) => (owned = is),
      ),
    );
    const { ctx, workspaceId } = await withCarrier(t, name, api.url);
    const found = await searchWithAccount(ctx, { carrier: name, areaCode: '415', limit: 5 });
    expect(found).toMatchObject([{ e164: wanted, country: 'US' }]);
    const number = await purchaseNumber(ctx, { phoneNumber: wanted, carrier: name, label: 'Desk' });
    expect(number).toMatchObject({
      orderState: 'owned',
      carrier: name,
      provider: name,
      syncState: 'pending',
      label: 'Desk',
    });
    const account = accounts[name];
    expect(await getNumberForSync(t.system(), { phoneNumberId: number.id })).toMatchObject({
      sipAddress: account.sipAddress,
      authPassword: account.sipPassword,
    });
    expect(await sent(t, 'sync-number')).toHaveLength(1);
    const buys = () =>
      api.asked.filter(({ method, path }) => method === 'POST' && path !== '/number/update').length;
    expect([(await purchaseNumber(ctx, { phoneNumber: wanted, carrier: name })).id, buys()]).toEqual([
      number.id,
      1,
    ]);
    await expect(deleteCarrierAccount(ctx, { carrier: name })).rejects.toMatchObject({ code: 'conflict' });

    await deleteSip(ctx, { phoneNumber: wanted });
    const [release] = await sent(t, 'release-number');
    const order = release?.payload as Parameters<typeof releaseNumber>[1];
    expect(order).toMatchObject({ workspaceId, carrier: name, e164: wanted });
    await releaseNumber(t.system(), order);
    expect(owned).toBe(false);
    await releaseNumber(t.system(), order);
    const authorization = {
      twilio: basic('AC1', 'secret'),
      telnyx: 'Bearer KEY1',
      vonage: basic('key', 'secret'),
    }[name];
    for (const one of api.asked) expect(one.authorization).toBe(authorization);
  },
);

test('what the vendors are asked is what they document', async () => {
  await using t = await testContext();
  const ask = async (name: keyof typeof vendors) => {
    let owned = false;
    const api = await mockApi(
      vendors[name](
        () => owned,
        (is) => (owned = is),
      ),
    );
    const { ctx } = await withCarrier(t, name, api.url);
    await searchWithAccount(ctx, { carrier: name, areaCode: '415', contains: '01', limit: 5 });
    await purchaseNumber(ctx, { phoneNumber: wanted, carrier: name });
    await deleteSip(ctx, { phoneNumber: wanted });
    return api.asked;
  };
  const [search, buy] = await ask('twilio');
  expect(search?.query).toEqual({ AreaCode: '415', Contains: '01', VoiceEnabled: 'true', PageSize: '5' });
  expect(Object.fromEntries(new URLSearchParams(buy?.body))).toEqual({
    PhoneNumber: wanted,
    TrunkSid: 'TK1',
  });
  const [telnyxSearch, telnyxBuy] = await ask('telnyx');
  expect(telnyxSearch?.query).toMatchObject({
    'filter[country_code]': 'US',
    'filter[national_destination_code]': '415',
    'filter[phone_number][contains]': '01',
  });
  expect(JSON.parse(telnyxBuy?.body ?? '')).toEqual({
    phone_numbers: [{ phone_number: wanted }],
    connection_id: '77',
  });
  const [vonageSearch, vonageBuy, vonageUpdate] = await ask('vonage');
  expect(vonageSearch?.query).toMatchObject({
    country: 'US',
    pattern: '1415',
    search_pattern: '0',
    features: 'VOICE',
  });
  expect(Object.fromEntries(new URLSearchParams(vonageBuy?.body))).toEqual({
    country: 'US',
    msisdn: '14155550123',
  });
  expect(Object.fromEntries(new URLSearchParams(vonageUpdate?.body))).toMatchObject({
    voiceCallbackType: 'sip',
    voiceCallbackValue: 'sip:in@pbx.test',
  });
});

test.each([
  ['twilio', { status: 400, json: { code: 21422, message: 'not available' } }, 'conflict', 'phoneNumber'],
  [
    'twilio',
    { status: 400, json: { code: 20008, message: 'Your account has no funds' } },
    'conflict',
    undefined,
  ],
  ['twilio', { status: 401, json: { code: 20003, message: 'Authenticate' } }, 'invalid', 'carrier'],
  [
    'telnyx',
    { status: 422, json: { errors: [{ code: '1', title: 'Number not available' }] } },
    'conflict',
    'phoneNumber',
  ],
  [
    'telnyx',
    { status: 402, json: { errors: [{ code: '20100', title: 'Insufficient funds' }] } },
    'conflict',
    undefined,
  ],
  ['telnyx', { status: 429 }, 'unavailable', undefined],
  [
    'vonage',
    { status: 420, json: { 'error-code': '420', 'error-code-label': 'method failed' } },
    'conflict',
    'phoneNumber',
  ],
  [
    'vonage',
    { status: 401, json: { 'error-code': '401', 'error-code-label': 'authentication failed' } },
    'invalid',
    'carrier',
  ],
] as const)('a refusal by %s (%j) is told, and leaves no number behind', async (name, reply, code, field) => {
  await using t = await testContext();
  const api = await mockApi(() => reply);
  const { ctx } = await withCarrier(t, name, api.url);
  const refusal: unknown = await purchaseNumber(ctx, { phoneNumber: wanted, carrier: name }).catch(
    (error) => error,
  );
  expect(refusal).toMatchObject({ code, fields: field === undefined ? [] : [{ path: field }] });
  expect(await listNumbers(ctx, {})).toEqual([]);
});

test.each([
  ['lets the account in no more', { status: 401, json: { code: 20003, message: 'Authenticate' } }],
  ['is overloaded', { status: 429 }],
] as const)(
  'an order that is repeated while the carrier %s is not forgotten: it may be paid for',
  async (_, reply) => {
    await using t = await testContext();
    let owned = false;
    let mood: 'silent' | 'unwilling' | 'well' = 'silent';
    const answer = vendors.twilio(
      () => owned,
      (is) => (owned = is),
    );
    const api = await mockApi((asked) => {
      if (mood === 'unwilling') return reply;
      const answered = answer(asked);
      return mood === 'silent' && asked.method === 'POST' ? 'silence' : answered;
    });
    const { ctx } = await withCarrier(t, 'twilio', api.url);
    const buy = () => purchaseNumber(ctx, { phoneNumber: wanted, carrier: 'twilio' });
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable' });
    await age(t);
    mood = 'unwilling';
    await expect(buy()).rejects.toBeDefined();
    expect(await listNumbers(ctx, {})).toMatchObject([{ orderState: 'ordering' }]);
    await age(t);
    mood = 'well';
    await settleOrders(t.system());
    expect(await listNumbers(ctx, {})).toMatchObject([{ orderState: 'owned', carrierNumberId: 'PN1' }]);
  },
);

test('an order that was carried out and cannot be written down is not forgotten', async () => {
  await using t = await testContext();
  let owned = false;
  const api = await mockApi(
    vendors.twilio(
      () => owned,
      (is) => (owned = is),
    ),
  );
  const { ctx } = await withCarrier(t, 'twilio', api.url);
  const { sealer } = ctx.services;
  const broken = {
    ...ctx,
    services: {
      ...ctx.services,
      sealer: {
        open: (sealed: string) => sealer.open(sealed),
        seal: () => {
          throw new Error('The database went away.');
        },
      },
    },
  } as unknown as Context;
  await expect(purchaseNumber(broken, { phoneNumber: wanted, carrier: 'twilio' })).rejects.toThrow(/away/);
  expect([owned, (await listNumbers(ctx, {}))[0]?.orderState]).toEqual([true, 'ordering']);
  await age(t);
  await settleOrders(t.system());
  expect(await listNumbers(ctx, {})).toMatchObject([{ orderState: 'owned' }]);
});

const age = (t: TestContext) =>
  t.db
    .update(phoneNumbers)
    .set({ updatedAt: new Date(Date.now() - 61_000) })
    .where(eq(phoneNumbers.e164, wanted));

test.each([
  ['was sold', true],
  ['was not sold', false],
] as const)(
  'an order whose answer got lost is not forgotten: a number that %s is settled as such',
  async (_, wasSold) => {
    await using t = await testContext();
    let owned = false;
    const answer = vendors.twilio(
      () => owned,
      (is) => (owned = is),
    );
    let isCut = true;
    const api = await mockApi((asked) => {
      if (!isCut || asked.method !== 'POST') return answer(asked);
      if (wasSold) answer(asked);
      return 'silence';
    });
    const { ctx } = await withCarrier(t, 'twilio', api.url);
    const buy = (own: Context = ctx) => purchaseNumber(own, { phoneNumber: wanted, carrier: 'twilio' });
    await expect(buy()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await listNumbers(ctx, {})).toMatchObject([{ orderState: 'ordering' }]);
    expect(await listNumbersForSync(t.system(), {})).toEqual([]);
    await expect(buy()).rejects.toMatchObject({ code: 'conflict' });
    await expect(deleteSip(ctx, { phoneNumber: wanted })).rejects.toMatchObject({ code: 'conflict' });
    await age(t);
    expect(await settleOrders(t.system())).toBe(1);
    expect(await listNumbers(ctx, {})).toMatchObject(
      wasSold ? [{ orderState: 'owned', carrierNumberId: 'PN1' }] : [],
    );
    isCut = false;
    expect(await buy()).toMatchObject({ orderState: 'owned' });
    expect(owned).toBe(true);
  },
);

test('test numbers are handed out once, work like any trunk, and come back when they are deleted', async () => {
  await using t = await testContext();
  const [ada, bob] = [await newPerson(t), await newPerson(t, 'Bob')];
  const search = () => searchNumbers(t.anonymous, { areaCode: '415', limit: 3 });
  const [first, second] = await search();
  expect(first).toMatchObject({ e164: '+14155550100', locality: 'San Francisco' });
  const phoneNumber = first?.e164 ?? '';
  const both = await Promise.allSettled([
    purchaseNumber(ada.ctx, { phoneNumber }),
    purchaseNumber(bob.ctx, { phoneNumber }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const winner = both[0]?.status === 'fulfilled' ? ada : bob;
  const loser = winner === ada ? bob : ada;
  expect(await listNumbers(winner.ctx, {})).toMatchObject([
    { e164: phoneNumber, provider: 'local', sipAddress: '127.0.0.1', allowedAddresses: ['127.0.0.1/32'] },
  ]);
  expect(await listNumbers(loser.ctx, {})).toEqual([]);
  expect((await search())[0]).toEqual(second);
  await deleteSip(winner.ctx, { phoneNumber });
  expect(await sent(t, 'release-number')).toEqual([]);
  expect((await search())[0]).toEqual(first);
  await expect(purchaseNumber(ada.ctx, { phoneNumber: '+16505559999' })).rejects.toMatchObject({
    code: 'conflict',
    fields: [{ path: 'phoneNumber' }],
  });
});
