import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callableNumber } from '../../factories/callable.ts';
import { csvForm } from '../../factories/csv.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let eve: Caller;
let campaignId: string;
let spring: object;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  eve = await signUp(app, 'Eve');
  const agentId = (await newAgent(ada.ctx)).id;
  const line = (await newLine(app.t, ada.ctx, agentId, '+12025550171')).e164;
  spring = { name: 'Spring', agent_id: agentId, phone_numbers: [line] };
  const made = await send('POST', '/api/v/campaign/', spring);
  campaignId = made.body.id;
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });
const post = async (path: string, form: FormData, who: Caller = ada) => {
  const response = await fetch(app.url + path, { method: 'POST', headers: who.headers, body: form });
  return { status: response.status, body: await response.json() };
};
const at = (number: string) => `/do-not-call/${encodeURIComponent(number)}`;

describe('/do-not-call', () => {
  it('takes nothing for a campaign that is archived: 409', async () => {
    const made = await send('POST', '/api/v/campaign/', { ...spring, name: 'Old' });
    await send('PATCH', `/api/v/campaign/${made.body.id}/`, { status: 'archived' });
    const body = { phone_numbers: [callableNumber(3)], campaign_id: made.body.id };
    expect((await send('POST', '/do-not-call', body)).status).toBe(409);
    const form = csvForm(`${callableNumber(3)}\n`);
    expect((await post(`/do-not-call/import?campaign_id=${made.body.id}`, form)).status).toBe(409);
  });

  it('takes numbers as people write them, once, answers them latest first, and shows them to nobody else', async () => {
    const [one, two] = [callableNumber(1), callableNumber(2)];
    const added = await send('POST', '/do-not-call', {
      ...{ phone_numbers: [one, two, `${one.slice(0, 5)} ${one.slice(5)}`], note: 'By letter' },
    });
    expect([added.status, added.body]).toEqual([200, { added: 2 }]);
    expect((await send('POST', '/do-not-call', { phone_numbers: [one] })).body).toEqual({ added: 0 });
    const { items } = (await send('GET', '/do-not-call?limit=1')).body;
    expect(items).toMatchObject([{ campaign_id: null, source: 'manual', note: 'By letter', call_id: null }]);
    const older = await send('GET', `/do-not-call?before=${items[0].id}`);
    expect(older.body.items).toHaveLength(1);
    const found = await send('GET', `/do-not-call?phone_number=${encodeURIComponent(one)}`);
    expect(found.body.items).toMatchObject([{ phone_number: one }]);
    expect((await send('GET', '/do-not-call', undefined, eve)).body).toEqual({ items: [] });
    expect((await send('DELETE', at(one), undefined, eve)).status).toBe(404);
  });

  it('of one campaign blocks who waits in it, and lets them wait again; 404 for what is not there', async () => {
    const phone = callableNumber(3);
    const person = await send('POST', `/api/v/prospect/${campaignId}/`, {
      ...{ phone, consent: 'written' },
    });
    const state = async () => {
      const { rows } = await app.t.db.execute(sql`select state from contacts where id = ${person.body.id}`);
      return rows[0]?.state;
    };
    const body = { phone_numbers: [phone], campaign_id: campaignId };
    expect((await send('POST', '/do-not-call', body)).body).toEqual({ added: 1 });
    expect(await state()).toBe('blocked');
    const mine = await send('GET', `/do-not-call?campaign_id=${campaignId}`);
    expect(mine.body.items).toMatchObject([{ phone_number: phone, campaign_id: campaignId }]);
    expect((await send('DELETE', at(phone))).status).toBe(404);
    expect((await send('DELETE', `${at(phone)}?campaign_id=${campaignId}`)).status).toBe(204);
    expect(await state()).toBe('waiting');
    expect((await send('DELETE', `${at(phone)}?campaign_id=${campaignId}`)).status).toBe(404);
    expect((await send('POST', '/do-not-call', body, eve)).status).toBe(404);
  });

  it.each([
    ['phone_numbers', {}],
    ['phone_numbers', { phone_numbers: [] }],
    ['phone_numbers.0', { phone_numbers: ['nobody'] }],
    ['campaign_id', { phone_numbers: ['+12125550101'], campaign_id: 'x' }],
  ])('says 400 and names %s', async (field, body) => {
    const answer = await send('POST', '/do-not-call', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field }]);
  });

  it('takes a file, says which rows hold no number, and changes nothing for what is no such file', async () => {
    const [six, seven] = ['+12125550106', '+12125550107'];
    const file = csvForm(`phone\n${six}\nnobody\n${seven.slice(2)}\n`);
    const taken = await post('/do-not-call/import?default_country=US&note=June', file);
    expect(taken).toEqual({
      status: 200,
      body: {
        ...{ added: 2, numbers: 2, failed: 1 },
        errors: [{ row: 3, message: expect.stringContaining('no phone number') }],
      },
    });
    expect((await send('GET', '/do-not-call?limit=1')).body.items).toMatchObject([
      { source: 'import', note: 'June' },
    ]);
    expect((await post('/do-not-call/import', csvForm('nobody\n'))).status).toBe(400);
    expect((await post('/do-not-call/import?default_country=XX', csvForm(`${six}\n`))).status).toBe(400);
    expect((await send('POST', '/do-not-call/import', {})).status).toBe(415);
    const theirs = await post(`/do-not-call/import?campaign_id=${campaignId}`, csvForm(`${six}\n`), eve);
    expect(theirs.status).toBe(404);
  });

  it('is taken from by developers only', async () => {
    const member = await join(app, ada.workspaceId, 'member');
    expect((await send('DELETE', at(callableNumber(1)), undefined, member)).status).toBe(403);
  });
});
