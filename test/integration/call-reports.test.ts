import { and, eq, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { endCall, finalizeCall, placeCall, recordEvents, startInboundCall } from '../../core/calls/index.ts';
import {
  getCallSummary,
  getDashboard,
  getDispositionSummary,
  rebuildRollups,
} from '../../core/reports/index.ts';
import { callRollups } from '../../db/schema/call-rollups.ts';
import { calls } from '../../db/schema/calls.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';
import {
  type Asked,
  busyWorkspace,
  callsOf,
  counted,
  lineOf,
  nameOf,
  nameOfGroup,
  numbers,
  type Raw,
  summed,
  zones,
} from './counted-calls.ts';

test('every sum of every grouping, filter and zone is that of the calls themselves', async () => {
  await using t = await testContext();
  // Both changes of the clocks in the northern spring and in the southern autumn lie in it.
  const { ctx, workspaceId, agents, campaignId } = await busyWorkspace(
    t,
    '2026-02-20T03:07:11.123Z',
    '2026-05-03T19:31:59.001Z',
    1_500,
  );
  const filters: Partial<Asked>[] = [
    {},
    { channel: 'web' },
    { direction: 'outbound', disposition: 'completed' },
    { agentId: agents[1]?.id ?? '' },
    { phoneNumber: numbers[2] ?? '' },
    { campaignId },
    { campaignId, agentId: agents[0]?.id ?? '', channel: 'phone' },
  ];
  const rows = await callsOf(t, workspaceId);
  const at = (n: number) => new Date(Date.UTC(2026, 1, 20) + ((n * 7_919_777_001) % (80 * 86_400_000)));
  for (const [n, timezone] of zones.entries())
    for (const [m, filter] of filters.entries()) {
      if ((n + m) % 2 === 1) continue;
      const [a, b] = [at(n * 31 + m), at(n * 17 + m * 13 + 5)].sort((x, y) => +x - +y);
      const asked: Asked = { ...filter, startAt: a ?? at(0), endAt: b ?? at(1), timezone };
      const said = JSON.stringify(asked);
      const unit = (['hour', 'day', 'week', 'month'] as const)[(n * 3 + m) % 4] ?? 'day';
      expect(await summed(ctx, asked, unit), `${unit} ${said}`).toEqual(
        counted(rows, asked, (call) => nameOf(call.createdAt, unit, timezone)),
      );
      const key = (['agent', 'number', 'disposition'] as const)[(n * 2 + m) % 3] ?? 'agent';
      const idOf = (call: Raw) =>
        (key === 'agent' ? call.agentId : key === 'number' ? lineOf(call) : call.disposition) ?? 'none';
      expect(await summed(ctx, asked, key), `${key} ${said}`).toEqual(counted(rows, asked, idOf));
      const { totals } = await getDispositionSummary(ctx, asked);
      const all = counted(rows, asked, () => 'all').all;
      expect({ calls: totals.calls, answered: totals.answered }, said).toEqual({
        calls: all?.calls ?? 0,
        answered: all?.answered ?? 0,
      });
    }
});

test('the groups of a zone are its hours and days, none left out, none twice, whatever its clock does', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  for (const timezone of [...zones, 'America/Sao_Paulo']) {
    for (const unit of ['hour', 'day', 'month'] as const) {
      const year = timezone === 'America/Sao_Paulo' ? 2018 : 2026;
      const startAt = DateTime.fromObject({ year, month: 10, day: 20 }, { zone: timezone });
      const endAt = startAt.plus({ days: 16 });
      const starts: string[] = [];
      let page = 1;
      for (let more = true; more; page++) {
        const { items, total } = await getCallSummary(ctx, {
          ...{ startAt: startAt.toJSDate(), endAt: endAt.toJSDate(), timezone },
          ...{ groupBy: unit, page, pageSize: 100 },
        });
        starts.push(...items.map(({ at }) => nameOfGroup(at ?? new Date(0), unit, timezone)));
        more = page * 100 < total;
      }
      const wanted = new Set<string>();
      for (let at = startAt; at <= endAt; at = at.plus({ minutes: 15 }))
        wanted.add(nameOf(at.toJSDate(), unit, timezone));
      expect(starts, `${unit} ${timezone}`).toEqual([...wanted].sort());
    }
  }
});

test('a dashboard agrees with itself, and compares with the same stretch of days before', async () => {
  await using t = await testContext();
  const { ctx, workspaceId } = await busyWorkspace(t, '2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z', 600);
  const timezone = 'Europe/Berlin';
  const day = (iso: string) => DateTime.fromISO(iso, { zone: timezone });
  const startAt = day('2026-03-01').toJSDate();
  const endAt = day('2026-03-31').endOf('day').toJSDate();
  const board = await getDashboard(ctx, { startAt, endAt, timezone });
  const of = (list: readonly { calls: number }[]) => list.reduce((sum, one) => sum + one.calls, 0);
  const { totals, series, dispositions, agents, numbers: lines, previous, groupBy } = board;
  expect(totals.calls).toBeGreaterThan(100);
  expect([of(series), of(dispositions), of(agents), of(lines)]).toEqual(Array(4).fill(totals.calls));
  expect([groupBy, series.length]).toEqual(['day', 31]);
  expect(previous.period).toEqual({ startAt: day('2026-02-01').toJSDate(), endAt: startAt });
  const before = counted(
    await callsOf(t, workspaceId),
    { startAt: previous.period.startAt, endAt: new Date(+previous.period.endAt - 1), timezone },
    () => 'all',
  );
  expect(previous.totals.calls).toBe(before.all?.calls);
  const [open] = await t.db
    .select({ calls: sql<number>`count(*)::int` })
    .from(calls)
    .where(and(eq(calls.workspaceId, workspaceId), eq(calls.status, 'active')));
  expect(board.now).toEqual({ active: open?.calls, ringing: 0, dialing: 0, queued: 0 });
});

test('a call is summed up once, when it is finalized; turns that come late are in it too', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx)).id);
  const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'r' });
  const totals = async () => (await getCallSummary(ctx, { groupBy: 'number' })).items;
  await recordEvents(t.system(), { events: eventsOf(callId, conversation()) });
  expect(await totals()).toEqual([]);
  await finalizeCall(t.system(), { callId });
  await finalizeCall(t.system(), { callId });
  expect(await totals()).toMatchObject([{ key: line.e164, calls: 1, answered: 1, turns: 3, inbound: 1 }]);
  const late = { type: 'user.turn', text: 'Hello?', startedAt: 1, endedAt: 2 } as const;
  await recordEvents(t.system(), { events: eventsOf(callId, [late], { epoch: 0 }) }).catch(() => undefined);
  await recordEvents(t.system(), {
    events: [{ ...late, callId, epoch: 1, seq: 20, at: 1_700_000_000_000 }],
  });
  expect(await totals()).toMatchObject([{ calls: 1, turns: 4 }]);
  const kept = await t.db.select().from(callRollups).orderBy(callRollups.dimension, callRollups.grainMinutes);
  await rebuildRollups(t.system(), {});
  expect(
    await t.db.select().from(callRollups).orderBy(callRollups.dimension, callRollups.grainMinutes),
  ).toEqual(kept);
});

test('calls that are finalized while the rollups are rebuilt are in them once', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx)).id);
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) {
    const { id } = await placeCall(ctx, { fromNumber: line.e164, toNumber: '+14155559876' });
    await endCall(ctx, { callId: id });
    ids.push(id);
  }
  await Promise.all([
    ...ids.map((callId) => finalizeCall(t.system(), { callId })),
    rebuildRollups(t.system(), {}),
    rebuildRollups(t.system(), {}),
  ]);
  expect((await getDispositionSummary(ctx, {})).dispositions).toMatchObject([
    { disposition: 'canceled', calls: 12, outbound: 12 },
  ]);
  const order = [callRollups.dimension, callRollups.grainMinutes, callRollups.bucketAt] as const;
  const kept = await t.db
    .select()
    .from(callRollups)
    .orderBy(...order);
  await rebuildRollups(t.system(), {});
  expect(
    await t.db
      .select()
      .from(callRollups)
      .orderBy(...order),
  ).toEqual(kept);
});

test('a span that nobody can mean is refused by the name of its field', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const refusal = async (input: Parameters<typeof getCallSummary>[1]) =>
    getCallSummary(ctx, input).then(
      () => 'taken',
      (error) => error.fields[0].path,
    );
  const day = 86_400_000;
  const now = Date.now();
  expect(await refusal({ startAt: new Date(now), endAt: new Date(now - 1) })).toBe('endAt');
  expect(await refusal({ startAt: new Date(now + day) })).toBe('startAt');
  expect(await refusal({ startAt: new Date(0), endAt: new Date(now) })).toBe('startAt');
  expect(await refusal({ startAt: new Date(now - 93 * day), groupBy: 'hour' })).toBe('groupBy');
  for (const timezone of ['Mars/Olympus', '+05:30', 'CET', '', 'Europe/Berlin; drop'])
    expect(await refusal({ timezone })).toBe('timezone');
  expect(await refusal({ page: 0 })).toBe('page');
});
