import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CarrierFailure } from '../../../core/carriers/index.ts';
import type { NumberCarrier } from '../../../core/ports.ts';
import { local } from '../../../sip/carriers/local.ts';
import { newAgent } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, caller: Caller = ada) =>
  app.call(method, path, { headers: caller.headers, ...(body === undefined ? {} : { body }) });
const fieldsOf = (body: { errors: { field: string }[] }): string[] =>
  body.errors.map(({ field }) => field).sort();
const buy = (phone_number: string, more: object = {}, caller: Caller = ada) =>
  send('POST', '/phonenumbers/purchase', { phone_number, ...more }, caller);

const failing = (kind: CarrierFailure['kind']): NumberCarrier => {
  const fail = () => Promise.reject(new CarrierFailure('The carrier says no.', kind));
  return { search: fail, buy: fail, find: fail, release: fail };
};

describe('GET /phonenumbers/search', () => {
  it('shows anybody the numbers that are for sale, and not those that are taken', async () => {
    const search = () => app.call('GET', '/phonenumbers/search?area_code=617&limit=2');
    const { status, headers, body } = await search();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toContain('public');
    expect(body.numbers).toEqual([
      {
        ...{
          phone_number: '+16175550100',
          provider: 'local',
          country: 'US',
          region: 'MA',
          locality: 'Boston',
        },
        ...{ monthly_price: '0.00', currency: 'USD' },
      },
      expect.objectContaining({ phone_number: '+16175550101' }),
    ]);
    expect((await buy('+16175550100')).status).toBe(201);
    expect((await search()).body.numbers[0].phone_number).toBe('+16175550101');
    const some = await app.call('GET', '/phonenumbers/search?contains=0142');
    expect(
      some.body.numbers.every((one: { phone_number: string }) => one.phone_number.includes('0142')),
    ).toBe(true);
    expect((await app.call('GET', '/phonenumbers/search?country=de')).body.numbers).toEqual([]);
  });

  it.each([
    ['area_code=4a', 'area_code'],
    ['contains=x', 'contains'],
    ['country=USA', 'country'],
    ['country=1A', 'country'],
    ['limit=0', 'limit'],
    ['limit=51', 'limit'],
    ['provider=acme', 'provider'],
    ['provider=twilio', 'provider'],
  ])('answers 400 for %s', async (query, field) => {
    const { status, body } = await app.call('GET', `/phonenumbers/search?${query}`);
    expect([status, fieldsOf(body)]).toEqual([400, [field]]);
  });

  it('answers 503 while a carrier is away, 409 when it refuses', async () => {
    app.t.ports.carriers = { ...app.t.ports.carriers, installed: () => failing('away') };
    expect((await app.call('GET', '/phonenumbers/search?provider=twilio')).status).toBe(503);
    app.t.ports.carriers = { ...app.t.ports.carriers, installed: () => failing('refused') };
    expect((await app.call('GET', '/phonenumbers/search?provider=twilio')).status).toBe(409);
  });

  it('is limited by the caller’s address', async () => {
    await using limited = await testApp({ rateLimits: true });
    const statuses: number[] = [];
    for (let n = 0; n < 31; n++)
      statuses.push((await limited.call('GET', '/phonenumbers/search?limit=1')).status);
    expect(statuses).toEqual([...Array(30).fill(200), 429]);
  });
});

describe('POST /phonenumbers/purchase', () => {
  it('buys a number, leads it to an agent, and answers it again when it is asked again', async () => {
    const agent = await newAgent(ada.ctx);
    const first = await buy('+13055550111', { agent_id: agent.id, label: 'Miami', krisp_enabled: true });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      ...{ phone_number: '+13055550111', provider: 'local', order_state: 'owned', sync_state: 'pending' },
      ...{ agent_id: agent.id, label: 'Miami', krisp_enabled: true, last_test: null },
    });
    const again = await buy('+13055550111');
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect((await send('DELETE', '/phonenumbers/delete_sip/+13055550111')).status).toBe(204);
  });

  it('answers 409 for a number that somebody has, or that is not for sale', async () => {
    await buy('+13055550112');
    const other = await signUp(app, 'Bob');
    const answer = await buy('+13055550112', {}, other);
    expect([answer.status, fieldsOf(answer.body)]).toEqual([409, ['phone_number']]);
    const none = await buy('+14155552671');
    expect([none.status, fieldsOf(none.body)]).toEqual([409, ['phone_number']]);
  });

  it('answers 400 with every field that does not fit, 404 for an agent that is not there', async () => {
    const bad = await buy('12', { provider: 'acme', agent_id: 'x', label: 7, krisp_enabled: 'yes' });
    expect([bad.status, fieldsOf(bad.body)]).toEqual([
      400,
      ['agent_id', 'krisp_enabled', 'label', 'phone_number', 'provider'],
    ]);
    const noAccount = await buy('+14155550150', { provider: 'twilio' });
    expect([noAccount.status, fieldsOf(noAccount.body)]).toEqual([400, ['provider']]);
    expect((await buy('+14155550151', { agent_id: ada.workspaceId })).status).toBe(404);
  });

  it('answers what the carrier answers: no money 409, wrong credentials 400, away 503', async () => {
    await send('PUT', '/carriers/telnyx', { api_key: 'k' });
    const asked = async (kind: CarrierFailure['kind']) => {
      app.t.ports.carriers = { ...app.t.ports.carriers, open: () => failing(kind) };
      return (await buy('+14155550152', { provider: 'telnyx' })).status;
    };
    expect([await asked('refused'), await asked('credentials'), await asked('away')]).toEqual([
      409, 400, 503,
    ]);
    expect(await asked('unknown')).toBe(503);
    const list = await send('GET', '/phonenumbers');
    expect(list.body).toContainEqual(
      expect.objectContaining({ phone_number: '+14155550152', order_state: 'ordering' }),
    );
    expect((await send('DELETE', '/phonenumbers/delete_sip/+14155550152')).status).toBe(409);
  });
});

describe('POST /phonenumbers/{number}/test', () => {
  it('says what the trunk answers, and keeps it with the number', async () => {
    await buy('+12065550120');
    app.t.ports.trunkAnswer = {
      ...{ outcome: 'refused', status: 403, tookMs: 9 },
      detail: 'Answered 403 Forbidden in 9 ms: it is there but refuses this machine.',
    };
    const { status, body } = await send('POST', '/phonenumbers/+12065550120/test');
    expect([status, body]).toEqual([
      200,
      { outcome: 'refused', sip_status: 403, took_ms: 9, detail: expect.stringContaining('403') },
    ]);
    const list = await send('GET', '/phonenumbers');
    expect(
      list.body.find((one: { phone_number: string }) => one.phone_number === '+12065550120').last_test,
    ).toMatchObject({ outcome: 'refused', detail: body.detail });
    expect((await send('POST', '/phonenumbers/+12065550199/test')).status).toBe(404);
    expect((await send('POST', '/phonenumbers/banana/test')).status).toBe(404);
  });
});

describe('/carriers', () => {
  it('keeps an account, shows it without its secrets, searches with it, and forgets it', async () => {
    const bob = await signUp(app, 'Bob');
    const account = { account_sid: 'AC1', auth_token: 'hush hush', sip_address: 'a.pstn.twilio.com' };
    const saved = await send('PUT', '/carriers/twilio', account, bob);
    expect([saved.status, saved.body.carrier]).toEqual([200, 'twilio']);
    const list = await send('GET', '/carriers', undefined, bob);
    expect(list.body).toHaveLength(1);
    expect(JSON.stringify([saved.body, list.body])).not.toContain('hush');
    app.t.ports.carriers = { ...app.t.ports.carriers, open: () => local };
    const found = await send('GET', '/carriers/twilio/numbers?limit=1&area_code=212', undefined, bob);
    expect(found.body.numbers).toMatchObject([{ provider: 'twilio', phone_number: '+12125550100' }]);
    expect((await send('DELETE', '/carriers/twilio', undefined, bob)).status).toBe(204);
    expect((await send('DELETE', '/carriers/twilio', undefined, bob)).status).toBe(404);
    const gone = await send('GET', '/carriers/twilio/numbers', undefined, bob);
    expect([gone.status, fieldsOf(gone.body)]).toEqual([400, ['carrier']]);
  });

  it('answers a search 503 while the carrier is away, 409 when it refuses', async () => {
    await send('PUT', '/carriers/vonage', { api_key: 'k', api_secret: 's' });
    for (const [kind, status] of [
      ['away', 503],
      ['refused', 409],
    ] as const) {
      app.t.ports.carriers = { ...app.t.ports.carriers, open: () => failing(kind) };
      expect((await send('GET', '/carriers/vonage/numbers')).status).toBe(status);
    }
  });

  it('is not forgotten while a number lives on it, and names what an account lacks', async () => {
    await send('PUT', '/carriers/vonage', { api_key: 'k', api_secret: 's' });
    app.t.ports.carriers = { ...app.t.ports.carriers, open: () => local };
    expect((await buy('+15035550160', { provider: 'vonage' })).status).toBe(201);
    expect((await send('DELETE', '/carriers/vonage')).status).toBe(409);
    const bad = await send('PUT', '/carriers/twilio', { api_key: 'k', sip_address: 'not a host!' });
    expect([bad.status, fieldsOf(bad.body)]).toEqual([400, ['sip_address']]);
    const lacking = await send('PUT', '/carriers/twilio', { api_key: 'k' });
    expect([lacking.status, fieldsOf(lacking.body)]).toEqual([
      400,
      ['account_sid', 'auth_token', 'sip_address'],
    ]);
    expect((await send('PUT', '/carriers/acme', {})).status).toBe(404);
  });
});
