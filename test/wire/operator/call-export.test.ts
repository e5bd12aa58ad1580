import { parse } from 'csv-parse/sync';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCalls } from '../../../core/calls/index.ts';
import { calls } from '../../../db/schema/calls.ts';
import { waitFor } from '../../../platform/retry.ts';
import { newAgent } from '../../factories/lines.ts';
import { writeCalls } from '../../factories/many-calls.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
const count = 30_000;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  const agents = [await newAgent(ada.ctx, { name: '=HYPERLINK("x")' }), await newAgent(ada.ctx)];
  await writeCalls(app.t, {
    ...{ workspaceId: ada.workspaceId, agents, count, numbers: ['+12025550131', '+12025550132'] },
    ...{ from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-20T00:00:00Z') },
  });
});
afterAll(() => app[Symbol.asyncDispose]());

const get = (path: string, caller: Caller = ada) => app.call('GET', path, { headers: caller.headers });
const rowsOf = (body: unknown): Record<string, string>[] =>
  parse(String(body), { columns: true, bom: true }) as Record<string, string>[];

describe('GET /calls/export', () => {
  it('is a CSV file of every call that fits, newest first, with a mark for spreadsheets', async () => {
    const response = await fetch(`${app.url}/calls/export`, { headers: ada.headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toContain('calls.csv');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const rows = rowsOf(bytes.toString('utf8'));
    expect(rows).toHaveLength(count);
    const made = rows.map(({ created_at }) => Date.parse(created_at ?? ''));
    expect(made).toEqual(made.toSorted((a, b) => b - a));
    const { body } = await get('/calls?page_size=1');
    const [newest] = body.items;
    expect(rows[0]).toMatchObject({ id: newest.id, agent_id: newest.agent_id });
    expect(new Date(rows[0]?.created_at ?? '').toISOString()).toBe(newest.created_at);
    expect(Number(rows[0]?.duration ?? '')).toBe(newest.duration ?? 0);
  });

  it('takes the filters of the list', async () => {
    const query = 'call_type=phone&disposition=busy&start_datetime=2026-03-05&end_datetime=2026-03-06';
    const { body } = await get(`/calls?${query}`);
    const rows = rowsOf((await get(`/calls/export?${query}`)).body);
    expect(rows).toHaveLength(body.total);
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect(row).toMatchObject({ call_type: 'phone', disposition: 'busy' });
    const none = await get('/calls/export?start_datetime=2027-01-01');
    expect([none.status, rowsOf(none.body)]).toEqual([200, []]);
    expect(String(none.body)).toContain('id,created_at,call_type');
  });

  it('defuses what a spreadsheet would calculate, and leaves telephone numbers alone', async () => {
    const [one] = await app.t.db.select().from(calls).where(eq(calls.channel, 'phone')).limit(1);
    await app.t.db
      .update(calls)
      .set({
        endDetail: '+SUM(A1)',
        sipReason: '@x',
        fromNumber: '-2+3',
        variables: { note: 'a "quote", ü\n=1' },
      })
      .where(eq(calls.id, one?.id ?? ''));
    const rows = rowsOf((await get('/calls/export?call_type=phone')).body);
    expect(rows.find(({ id }) => id === one?.id)).toMatchObject({
      end_detail: "'+SUM(A1)",
      sip_reason: "'@x",
      from_number: "'-2+3",
      dynamic_variables: '{"note": "a \\"quote\\", ü\\n=1"}',
    });
    expect(rows.some(({ from_number }) => from_number === '+14155550199')).toBe(true);
    expect(rows.some(({ agent_name }) => agent_name === '\'=HYPERLINK("x")')).toBe(true);
  });

  it('answers 400 for a filter that does not fit, and nothing of other workspaces', async () => {
    const bad = await get('/calls/export?disposition=great&agent_id=1&start_datetime=x');
    expect(bad.status).toBe(400);
    expect(bad.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'agent_id',
      'disposition',
      'start_datetime',
    ]);
    expect((await get('/calls/export?start_datetime=2026-02-02&end_datetime=2026-02-01')).status).toBe(400);
    expect(rowsOf((await get('/calls/export', await signUp(app, 'Bob'))).body)).toEqual([]);
  });

  it('keeps nothing open for whoever asks for its head only, or leaves before the first row', async () => {
    for (let n = 0; n < 4; n++)
      expect((await fetch(`${app.url}/calls/export`, { method: 'HEAD', headers: ada.headers })).status).toBe(
        200,
      );
    await expect
      .poll(async () => (await get('/calls/export?disposition=busy')).status, { timeout: 10_000 })
      .toBe(200);
    const { $client: pool } = app.t.db;
    await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0);
  });

  it('stops the database when its reader goes away, answers 503 beside three others, and recovers', async () => {
    const copies = async () => {
      const { rows } = await app.t.db.execute<{ running: string }>(
        sql`select count(*) as running from pg_stat_activity
          where datname = current_database() and query like 'copy (%' and state <> 'idle'`,
      );
      return Number(rows[0]?.running);
    };
    const slow = await Promise.all(
      [1, 2, 3].map(async () => {
        const abort = new AbortController();
        const response = await fetch(`${app.url}/calls/export`, {
          headers: ada.headers,
          signal: abort.signal,
        });
        return { abort, response };
      }),
    );
    expect(slow.map(({ response }) => response.status)).toEqual([200, 200, 200]);
    // Thirty thousand rows are more than the sockets in between can hold.
    expect(await copies()).toBe(3);
    expect((await get('/calls/export')).status).toBe(503);
    for (const { abort } of slow) abort.abort();
    await waitFor('the copies to stop', async () => (await copies()) === 0, { timeoutMs: 10_000 });
    await waitFor(
      'an export to be let in',
      async () => (await get('/calls/export?disposition=busy')).status === 200,
      {
        timeoutMs: 10_000,
      },
    );
  });
});

describe('GET /calls', () => {
  it('has each call on one page, in one order, however far back, with any filter', async () => {
    for (const filter of [{}, { disposition: 'busy' }, { channel: 'web', direction: 'inbound' }] as const) {
      const every = await app.t.db
        .select({ id: calls.id })
        .from(calls)
        .where(
          sql`${calls.workspaceId} = ${ada.workspaceId}
            and ${'disposition' in filter ? sql`${calls.disposition} = 'busy'` : sql`true`}
            and ${'channel' in filter ? sql`${calls.channel} = 'web' and ${calls.direction} = 'inbound'` : sql`true`}`,
        )
        .orderBy(sql`${calls.createdAt} desc, ${calls.id} desc`);
      const last = Math.ceil(every.length / 100);
      for (const page of [1, 2, 10, 11, 12, 25, 40, last - 1, last, last + 1]) {
        const { items, total } = await listCalls(ada.ctx, { ...filter, page, pageSize: 100 });
        expect(total).toBe(every.length);
        expect(items.map(({ id }) => id)).toEqual(
          every.slice((page - 1) * 100, page * 100).map(({ id }) => id),
        );
      }
    }
  });
});
