import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWebCall } from '../../../core/calls/index.ts';
import { newAgent } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let agentId: string;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  agentId = (await newAgent(ada.ctx, { webSlug: 'cursor' })).id;
  for (let n = 0; n < 12; n++) await call();
});
afterAll(() => app[Symbol.asyncDispose]());

const call = async () => (await startWebCall(app.t.anonymous, { agent: 'cursor' })).call.id;
const list = (query: string, as: Caller = ada) => app.call('GET', `/calls?${query}`, { headers: as.headers });
const idsOf = (body: { items: { id: string }[] }) => body.items.map(({ id }) => id);

describe('GET /calls with a cursor', () => {
  it('gives every call once although others come in between the pages', async () => {
    const expected = idsOf((await list('page_size=100')).body);
    const seen: string[] = [];
    let { body } = await list('page_size=5');
    for (let page = 1; ; page++) {
      seen.push(...idsOf(body));
      expect([body.page, body.has_prev, body.has_next]).toEqual([page, page > 1, body.next_cursor !== null]);
      if (body.next_cursor === null) break;
      await call();
      ({ body } = await list(`page_size=5&cursor=${body.next_cursor}`));
    }
    expect(seen).toEqual(expected);
    expect(body.total).toBe(expected.length + 2);
  });

  it('tells apart calls of the same moment, and goes on from any page', async () => {
    await app.t.db.execute('update calls set created_at = now()');
    const expected = idsOf((await list('page_size=100')).body);
    const second = (await list('page_size=4&page=2')).body;
    const third = (await list(`page_size=3&cursor=${second.next_cursor}`)).body;
    expect(idsOf(third)).toEqual(expected.slice(8, 11));
    expect(third.page).toBe(3);
  });

  it('is refused when it is broken, for other filters, in another workspace, and beside a page', async () => {
    const { next_cursor: cursor } = (await list(`page_size=2&agent_id=${agentId}`)).body;
    expect((await list(`page_size=2&agent_id=${agentId}&cursor=${cursor}`)).status).toBe(200);
    const [body, seal] = cursor.split('.');
    const forged = Buffer.from(JSON.stringify([0, agentId, 2])).toString('base64url');
    for (const query of [
      `agent_id=${agentId}&cursor=${body}`,
      `agent_id=${agentId}&cursor=${forged}.${seal}`,
      `agent_id=${agentId}&cursor=%F0%9F%92%A3`,
      `cursor=${cursor}`,
      `agent_id=${agentId}&call_type=web&cursor=${cursor}`,
    ]) {
      const answer = await list(query);
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([400, 'cursor']);
    }
    const stranger = await signUp(app, 'Stranger');
    expect((await list(`agent_id=${agentId}&cursor=${cursor}`, stranger)).status).toBe(400);
    const both = await list(`agent_id=${agentId}&page=3&cursor=${cursor}`);
    expect([both.status, both.body.errors[0].field]).toEqual([400, 'page']);
  });
});
