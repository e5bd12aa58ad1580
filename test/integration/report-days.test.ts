import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { getDashboard } from '../../core/reports/index.ts';
import { testContext } from '../harness/context.ts';
import {
  type Asked,
  busyWorkspace,
  callsOf,
  counted,
  nameOf,
  numbers,
  summed,
  zones,
} from './counted-calls.ts';

/** Midnight at noon of UTC, on both sides of the date line, and days of 23, 24 and 25 hours around it. */
const farZones = [
  ...zones,
  'Pacific/Auckland',
  'Pacific/Kiritimati',
  'Pacific/Marquesas',
  'America/Sao_Paulo',
];

/** Weeks in which clocks are changed: in the north and Chatham, in Lord Howe and Auckland. */
const leaps = [
  ['2026-03-04', '2026-04-08'],
  ['2026-09-24', '2026-11-05'],
] as const;

test.each(leaps)('every day of every zone from %s to %s has its calls and no others', async (from, to) => {
  await using t = await testContext();
  const { ctx, workspaceId, agents, campaignId } = await busyWorkspace(
    t,
    `${from}T05:00Z`,
    `${to}T19:00Z`,
    2_000,
  );
  const rows = await callsOf(t, workspaceId);
  const filters: Partial<Asked>[] = [
    {},
    { agentId: agents[1]?.id ?? '', channel: 'phone' },
    { agentId: agents[1]?.id ?? '', phoneNumber: numbers[0] ?? '' },
    { agentId: agents[1]?.id ?? '', phoneNumber: numbers[0] ?? '', campaignId },
  ];
  for (const [n, timezone] of farZones.entries()) {
    const day = (iso: string) => DateTime.fromISO(iso, { zone: timezone });
    const bounds = {
      'whole days': [day(from), day(to).endOf('day')],
      'from just before a midnight to just after one': [
        day(from).plus({ days: 2 }).minus({ minutes: 20 }),
        day(to).startOf('day').plus({ minutes: 7, milliseconds: 1 }),
      ],
      'less than a day': [day(from).plus({ days: 5, hours: 20 }), day(from).plus({ days: 6, hours: 3 })],
    } as const;
    for (const [m, [what, [start, end]]] of Object.entries(bounds).entries()) {
      const filter = filters[(n + m) % filters.length];
      const asked: Asked = { ...filter, startAt: start.toJSDate(), endAt: end.toJSDate(), timezone };
      for (const unit of ['day', 'week', 'month'] as const)
        expect(await summed(ctx, asked, unit), `${what} by ${unit} ${JSON.stringify(asked)}`).toEqual(
          counted(rows, asked, (call) => nameOf(call.createdAt, unit, timezone)),
        );
    }
  }
});

test('what a dashboard adds up by day it has in whole, and by disposition', async () => {
  await using t = await testContext();
  const { ctx, workspaceId } = await busyWorkspace(t, '2026-10-20T05:00Z', '2026-11-10T19:00Z', 500);
  const rows = await callsOf(t, workspaceId);
  for (const timezone of ['America/New_York', 'Asia/Kolkata']) {
    const [startAt, endAt] = [new Date('2026-10-25T13:10:07Z'), new Date('2026-11-05T01:02:03Z')];
    const asked = { startAt, endAt, timezone };
    const { totals, dispositions, series } = await getDashboard(ctx, { ...asked, groupBy: 'day' });
    const of = (idOf: Parameters<typeof counted>[2]) =>
      Object.entries(counted(rows, asked, idOf)).map(([id, { calls }]) => [id, calls]);
    expect([['all', totals.calls]]).toEqual(of(() => 'all'));
    expect(dispositions.map(({ disposition, calls }) => [disposition, calls]).sort()).toEqual(
      of((call) => call.disposition ?? ''),
    );
    expect(
      series.filter(({ calls }) => calls > 0).map(({ at, calls }) => [nameOf(at, 'day', timezone), calls]),
    ).toEqual(of((call) => nameOf(call.createdAt, 'day', timezone)));
  }
});
