import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importRegistry } from '../../../core/contacts/index.ts';
import { csvForm } from '../../factories/csv.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let eve: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  eve = await signUp(app, 'Eve');
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });
const upload = async (id: string, file: FormData, query = '', who: Caller = ada) => {
  const response = await fetch(`${app.url}/call-registries/${id}/import${query}`, {
    ...{ method: 'POST', headers: who.headers, body: file },
  });
  return { status: response.status, body: await response.json() };
};
let made = 0;
const create = async (fields: object = {}) =>
  (await send('POST', '/call-registries', { name: `National ${++made}`, country: 'us', ...fields })).body;
/** What the jobs process does with an upload. */
const runJob = (registryId: string, version: number) =>
  importRegistry(app.t.system(), { registryId, version });

describe('/call-registries', () => {
  it('makes one that stops its country until a copy is in, and imports it by a job', async () => {
    const answer = await send('POST', '/call-registries', { name: 'National', country: 'us' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...{ country: 'US', state: 'empty', version: 0, in_force: false, valid_until: null },
      max_age_ms: 31 * 86_400_000,
    });
    const { id } = answer.body;
    const day = new Date(Date.now() - 86_400_000).toISOString();
    const taken = await upload(id, csvForm('phone\n2125550101\n2125550102\n'), `?fetched_at=${day}`);
    expect(taken).toMatchObject({ status: 202, body: { state: 'importing', version: 0, in_force: false } });
    await runJob(id, 1);
    const ready = (await send('GET', `/call-registries/${id}`)).body;
    expect(ready).toMatchObject({
      ...{ state: 'ready', version: 1, numbers: 2, in_force: true, error: null, fetched_at: day },
    });
    expect(Date.parse(ready.valid_until) - Date.parse(day)).toBe(ready.max_age_ms);
    expect((await send('GET', '/call-registries')).body).toEqual([ready]);
    await upload(id, csvForm('2125550101\nnobody\n'));
    await runJob(id, 2);
    expect((await send('GET', `/call-registries/${id}`)).body).toMatchObject({
      ...{ state: 'failed', error: 'Row 2 holds no phone number.', version: 1, numbers: 2, in_force: true },
    });
  });

  it('is out of force when its copy is older than it may be, and says so', async () => {
    const { id } = await create();
    const old = new Date(Date.now() - 2 * 3_600_000).toISOString();
    await upload(id, csvForm('2125550101\n'), `?fetched_at=${old}`);
    await runJob(id, 1);
    const changed = await send('PATCH', `/call-registries/${id}`, { max_age_ms: 3_600_000 });
    expect([changed.status, changed.body.in_force]).toEqual([200, false]);
    const again = await send('PATCH', `/call-registries/${id}`, { max_age_ms: 86_400_000, name: 'Mine' });
    expect(again.body).toMatchObject({ in_force: true, name: 'Mine' });
  });

  it('says 409 to a name that is taken, 400 to what does not fit', async () => {
    const { id } = await create({ name: 'TPS', country: 'GB' });
    const taken = { name: 'tps', country: 'GB' };
    expect((await send('POST', '/call-registries', taken)).status).toBe(409);
    const other = await create();
    expect((await send('PATCH', `/call-registries/${other.id}`, { name: 'tps' })).status).toBe(409);
    for (const [field, body] of [
      ['country', { name: 'x', country: 'XX' }],
      ['name', { name: '', country: 'GB' }],
      ['max_age_ms', { name: 'x', country: 'GB', max_age_ms: 5 }],
    ] as const) {
      const refused = await send('POST', '/call-registries', body);
      expect([refused.status, refused.body.errors]).toMatchObject([400, [{ field }]]);
    }
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const ahead = await upload(id, csvForm('+442079460000\n'), `?fetched_at=${tomorrow}`);
    expect([ahead.status, ahead.body.errors]).toMatchObject([400, [{ field: 'fetched_at' }]]);
    expect((await upload(id, csvForm(''))).status).toBe(400);
    expect((await upload(id, new FormData())).status).toBe(400);
    expect((await send('POST', `/call-registries/${id}/import`, {})).status).toBe(415);
    expect((await send('GET', `/call-registries/${id}`)).body.state).toBe('empty');
  });

  it('is deleted by admins only, with its numbers, and is nobody else’s', async () => {
    const { id } = await create();
    for (const method of ['GET', 'DELETE'])
      expect((await send(method, `/call-registries/${id}`, undefined, eve)).status).toBe(404);
    expect((await send('PATCH', `/call-registries/${id}`, { name: 'mine' }, eve)).status).toBe(404);
    expect((await upload(id, csvForm('2125550101\n'), '', eve)).status).toBe(404);
    const developer = await join(app, ada.workspaceId, 'developer');
    expect((await send('DELETE', `/call-registries/${id}`, undefined, developer)).status).toBe(403);
    expect((await send('DELETE', `/call-registries/${id}`)).status).toBe(204);
    expect((await send('GET', `/call-registries/${id}`)).status).toBe(404);
  });
});
