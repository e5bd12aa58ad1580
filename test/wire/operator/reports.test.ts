import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newAgent } from '../../factories/lines.ts';
import { writeCalls } from '../../factories/many-calls.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let agentId: string;
const numbers = ['+12025550121', '+12025550122'];

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  const agents = [await newAgent(ada.ctx), await newAgent(ada.ctx)];
  agentId = agents[0]?.id ?? '';
  const from = new Date('2026-03-01T05:00:00Z');
  await writeCalls(app.t, {
    ...{ workspaceId: ada.workspaceId, agents, numbers, count: 400 },
    ...{ from, to: new Date('2026-03-22T04:00:00Z') },
  });
});
afterAll(() => app[Symbol.asyncDispose]());

const get = (path: string, caller: Caller = ada) => app.call('GET', path, { headers: caller.headers });
const fieldsOf = (body: { errors: { field: string }[] }): string[] => body.errors.map(({ field }) => field);
const march = 'start_datetime=2026-03-01&end_datetime=2026-03-21&timezone=America/New_York';
const sumOf = (items: { calls: number }[]) => items.reduce((sum, { calls }) => sum + calls, 0);

describe('GET /reports/dashboard', () => {
  it('answers totals, their change, a series in the zone, dispositions, agents, numbers and what goes on now', async () => {
    const { status, body } = await get(`/reports/dashboard?${march}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      start_datetime: '2026-03-01T00:00:00.000-05:00',
      end_datetime: '2026-03-21T23:59:59.999-04:00',
      timezone: 'America/New_York',
      group_by: 'day',
      previous: {
        end_datetime: '2026-02-28T23:59:59.999-05:00',
        totals: { calls: 0 },
        change: { calls: null },
      },
    });
    expect(body.series).toHaveLength(21);
    expect(body.series[8].start).toBe('2026-03-09T00:00:00.000-04:00');
    const { calls } = body.totals;
    expect(calls).toBeGreaterThan(300);
    for (const part of [body.series, body.dispositions, body.agents, body.numbers])
      expect(sumOf(part)).toBe(calls);
    expect(body.numbers.map(({ key }: { key: string | null }) => key)).toContain(null);
    expect(body.now.active + calls).toBe(400);
  });

  it('answers zeros where nobody called, and knows nothing of other workspaces', async () => {
    const stranger = await signUp(app, 'Bob');
    const { status, body } = await get(`/reports/dashboard?${march}`, stranger);
    expect(status).toBe(200);
    expect(body.totals).toMatchObject({ calls: 0, answer_rate: null, average_duration: null });
    expect(body).toMatchObject({ dispositions: [], agents: [], numbers: [] });
    expect((await get(`/reports/dashboard?agent_id=${agentId}`, stranger)).body.totals.calls).toBe(0);
  });
});

describe('GET /reports/call-summary', () => {
  it('answers pages of the groups that were asked for', async () => {
    const { status, body } = await get(`/reports/call-summary?${march}&page=2&page_size=10`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 21, page: 2, page_size: 10, has_next: true, has_prev: true });
    expect(body.items[0].start).toBe('2026-03-11T00:00:00.000-04:00');
    const byAgent = await get(`/reports/call-summary?${march}&group_by=agent`);
    expect(byAgent.body.items).toHaveLength(2);
    expect(byAgent.body.items[0]).toMatchObject({ start: null, name: 'Front desk' });
    expect(sumOf(byAgent.body.items)).toBe(byAgent.body.totals.calls);
  });

  it.each([
    ['call_type=web', 'web'],
    ['call_direction=inbound', 'inbound'],
    ['call_direction=outbound', 'outbound'],
  ])('filters by %s', async (query, field) => {
    const { body } = await get(`/reports/call-summary?${march}&${query}`);
    expect(body.totals.calls).toBeGreaterThan(50);
    expect(body.totals[field]).toBe(body.totals.calls);
  });

  it('filters by agent, number and batch', async () => {
    const calls = async (query: string) =>
      (await get(`/reports/call-summary?${march}&${query}`)).body.totals.calls;
    const all = await calls('');
    expect(await calls(`agent_id=${agentId}`)).toBeLessThan(all);
    const [one, other] = [
      await calls('phone_number=%2B12025550121'),
      await calls('phone_number=%2B12025550122'),
    ];
    const web = await calls('call_type=web');
    expect(one + other + web).toBe(all);
    expect(await calls(`batch_id=${agentId}`)).toBe(0);
  });
});

describe('GET /reports/disposition-summary', () => {
  it('answers each disposition with its share and its change, and by group', async () => {
    const { status, body } = await get(
      '/reports/disposition-summary?start_datetime=2026-03-12&end_datetime=2026-03-21&group_by=number',
    );
    expect(status).toBe(200);
    expect(sumOf(body.dispositions)).toBe(body.totals.calls);
    const [most] = body.dispositions;
    expect(most).toMatchObject({ disposition: 'completed', previous_calls: expect.any(Number) });
    expect(most.change).toBeCloseTo(most.calls / most.previous_calls - 1, 3);
    expect(body.items).toHaveLength(3);
    for (const item of body.items)
      expect(Object.values<number>(item.dispositions).reduce((sum, n) => sum + n, 0)).toBe(item.calls);
    expect((await get('/reports/disposition-summary')).body).toMatchObject({
      items: [],
      total: 0,
      group_by: null,
    });
  });
});

describe.each(['dashboard', 'call-summary', 'disposition-summary'])('GET /reports/%s', (name) => {
  it.each([
    ['start_datetime=2026-03-12&end_datetime=2026-03-11', 'end_datetime'],
    ['start_datetime=2100-01-01', 'start_datetime'],
    ['start_datetime=1999-01-01', 'start_datetime'],
    ['start_datetime=soon', 'start_datetime'],
    ['timezone=Mars/Olympus', 'timezone'],
    ['timezone=%2B05:30', 'timezone'],
    ['timezone=', 'timezone'],
    ['group_by=colour', 'group_by'],
    ['group_by=hour&start_datetime=2026-01-01&end_datetime=2026-06-01', 'group_by'],
    ['agent_id=7', 'agent_id'],
    ['phone_number=7', 'phone_number'],
    ['call_type=fax', 'call_type'],
    ['call_direction=up', 'call_direction'],
    ['disposition=great', 'disposition'],
    ['batch_id=7', 'batch_id'],
    ...(name === 'dashboard'
      ? []
      : [
          ['page=0', 'page'],
          ['page_size=1000', 'page_size'],
        ]),
  ])('answers 400 for %s', async (query, field) => {
    const { status, body } = await get(`/reports/${name}?${query}`);
    expect([status, fieldsOf(body)]).toEqual([400, [field]]);
  });
});
