import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importList } from '../../../core/contacts/index.ts';
import { callableNumber } from '../../factories/callable.ts';
import { csvForm } from '../../factories/csv.ts';
import { dialer } from '../../factories/dialer.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let eve: Caller;
let query: string;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  eve = await signUp(app, 'Eve');
  const agent = await newAgent(ada.ctx);
  await newLine(app.t, ada.ctx, agent.id, '+12025550173');
  query = `phone_number=${encodeURIComponent('+12025550173')}`;
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });
const upload = async (more: string, text = `phone\n${callableNumber(1)}\n`, who: Caller = ada) => {
  const response = await fetch(`${app.url}/batch/upload?${query}${more}`, {
    ...{ method: 'POST', headers: who.headers, body: csvForm(text) },
  });
  return { status: response.status, body: await response.json() };
};

describe('a batch', () => {
  it('is made from a file, runs, and says how far it is', async () => {
    const answer = await upload('&name=Recalls');
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...{ name: 'Recalls', status: 'running', phone_numbers: ['+12025550173'] },
      uploads: [{ state: 'queued' }],
    });
    await importList(app.t.system(), { listId: answer.body.uploads[0].id, run: 1 });
    const got = await send('GET', `/batch/${answer.body.id}`);
    expect(got.body).toMatchObject({ progress: { contacts: { total: 1 } }, uploads: [{ rows_imported: 1 }] });
    const page = await send('GET', '/batch');
    expect(page.body).toMatchObject({ total: 1, page: 1, has_next: false, items: [{ name: 'Recalls' }] });
    expect((await send('GET', '/batch', undefined, eve)).body.total).toBe(0);
    for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const)
      expect((await send(method, `/batch/${answer.body.id}`, body, eve)).status).toBe(404);
    const calls = await send('GET', `/calls?batch_id=${answer.body.id}`);
    expect(calls.body.total).toBe(0);
  });

  it('is over when nobody came of its list, and says why nobody of it is called', async () => {
    const imported = async (text: string) => {
      const { body } = await upload('', text);
      await dialer(app.t).look();
      expect((await send('GET', `/batch/${body.id}`)).body.status).toBe('running');
      await importList(app.t.system(), { listId: body.uploads[0].id, run: 1 });
      await dialer(app.t).look();
      return (await send('GET', `/batch/${body.id}`)).body;
    };
    expect(await imported('phone\nnobody\n')).toMatchObject({
      ...{ status: 'finished', status_reason: 'Nobody came of its list.' },
      uploads: [{ rows_failed: 1 }],
      progress: { estimated_end_at: null, blocked_by: {} },
    });
    const people = ['+12025550191,yes', '+12025550192,', '+12025550193,no'];
    expect(await imported(`phone,consent\n${people.join('\n')}\n`)).toMatchObject({
      status: 'finished',
      progress: { contacts: { blocked: 3 }, blocked_by: { consent_missing: 2, consent_denied: 1 } },
    });
  });

  it('shows the first rows of its list, those that failed, also as a file, and can drop a list that nobody came of', async () => {
    const mapping = encodeURIComponent(JSON.stringify({ phone: 'who' }));
    const people = `who,note\n${callableNumber(31)},"=1+1"\nnobody,"=2+2"\n`;
    const { body } = await upload(`&mapping=${mapping}`, people);
    const [{ id }] = body.uploads;
    expect((await send('GET', `/uploads/${id}/preview`)).body).toEqual({
      columns: ['who', 'note'],
      rows: [
        [callableNumber(31), '=1+1'],
        ['nobody', '=2+2'],
      ],
    });
    expect((await send('DELETE', `/uploads/${id}`)).status).toBe(409);
    await importList(app.t.system(), { listId: id, run: 1 });
    expect((await send('GET', `/uploads/${id}`)).body).toMatchObject({ state: 'done', rows_failed: 1 });
    const { items } = (await send('GET', `/uploads/${id}/errors`)).body;
    expect(items).toMatchObject([{ row: 3, code: 'phone_invalid', cells: ['nobody', '=2+2'] }]);
    expect((await send('GET', `/uploads/${id}/errors?after=3`)).body.items).toEqual([]);
    const file = await fetch(`${app.url}/uploads/${id}/errors.csv`, { headers: ada.headers });
    expect(file.headers.get('content-disposition')).toContain('.csv"');
    expect(await file.text()).toContain(`nobody,'=2+2,3,`);
    expect((await send('GET', `/uploads/${id}/errors`, undefined, eve)).status).toBe(404);
    expect((await send('DELETE', `/uploads/${id}`)).status).toBe(409);

    const waits = await upload('', 'a,b\n1,2\n');
    const path = `/uploads/${waits.body.uploads[0].id}`;
    expect((await send('GET', path)).body).toMatchObject({ state: 'received' });
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
  });

  it('waits for its time, which can be changed, and can be stopped and deleted', async () => {
    const { body } = await upload('&scheduled_at=2099-05-01T10:00:00Z', `phone\n${callableNumber(2)}\n`);
    expect(body.status).toBe('scheduled');
    const path = `/batch/${body.id}`;
    const moved = await send('PATCH', path, { scheduled_at: '2099-06-01T10:00:00Z' });
    expect(moved.body.scheduled_at).toBe('2099-06-01T10:00:00.000Z');
    const wrong = await send('PATCH', path, { end_at: '2099-01-01T10:00:00Z' });
    expect([wrong.status, wrong.body.errors[0].field]).toEqual([400, 'end_at']);
    // Its list is not imported yet.
    expect((await send('DELETE', path)).status).toBe(409);
    expect((await send('PATCH', path, { status: 'paused' })).status).toBe(409);
    await importList(app.t.system(), { listId: body.uploads[0].id, run: 1 });
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
  });

  it('is not made from what cannot work, and nothing is left behind', async () => {
    const before = (await send('GET', '/batch')).body.total;
    const unknown = await fetch(`${app.url}/batch/upload?phone_number=%2B12025550999`, {
      ...{ method: 'POST', headers: ada.headers, body: csvForm('phone\n') },
    });
    expect([unknown.status, (await unknown.json()).errors[0].field]).toEqual([400, 'phone_number']);
    expect((await upload('', '')).status).toBe(400);
    expect((await upload('&scheduled_at=tomorrow')).status).toBe(400);
    expect((await upload('&end_at=2001-01-01')).body.errors[0].field).toBe('end_at');
    expect((await send('POST', `/batch/upload?${query}`, { file: 'x' })).status).toBe(415);
    expect((await app.call('POST', `/batch/upload?${query}`)).status).toBe(401);
    expect((await send('GET', '/batch')).body.total).toBe(before);
  });
});
