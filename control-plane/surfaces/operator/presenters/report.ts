import { DateTime } from 'luxon';
import type { z } from 'zod';
import type {
  CallSummary,
  CallSums,
  Dashboard,
  DispositionSummary,
  GroupOfReport,
  ReportFrame,
} from '../../../../core/reports/index.ts';
import type { callSummaryOut, dashboardOut, dispositionSummaryOut } from '../schemas/report.ts';

interface Page {
  readonly page: number;
  readonly page_size: number;
}

export const presentDashboard = (board: Dashboard): z.input<typeof dashboardOut> => ({
  ...presentFrame(board),
  group_by: board.groupBy,
  series: board.series.map((one) => ({ start: inZone(one.at, board.timezone), ...presentSums(one) })),
  dispositions: board.dispositions.map(({ disposition, calls }) => ({
    ...{ disposition, calls },
    share: ratio(calls, board.totals.calls),
  })),
  agents: board.agents.map(presentKey),
  numbers: board.numbers.map(presentKey),
  now: { ...board.now },
});

export const presentCallSummary = (summary: CallSummary, page: Page): z.input<typeof callSummaryOut> => ({
  ...presentFrame(summary),
  group_by: summary.groupBy,
  items: summary.items.map((group) => presentGroup(group, summary.timezone)),
  ...presentPage(summary.total, page),
});

export const presentDispositionSummary = (
  summary: DispositionSummary,
  page: Page,
): z.input<typeof dispositionSummaryOut> => ({
  ...presentFrame(summary),
  dispositions: summary.dispositions.map((one) => ({
    disposition: one.disposition,
    calls: one.calls,
    share: ratio(one.calls, summary.totals.calls),
    average_duration: average(one.durationMs / 1_000, one.answered),
    previous_calls: one.previousCalls,
    change: change(one.calls, one.previousCalls),
  })),
  group_by: summary.groupBy,
  items: summary.items.map((group) => ({
    ...presentGroup(group, summary.timezone),
    dispositions: { ...group.dispositions },
  })),
  ...presentPage(summary.total, page),
});

function presentFrame({ period, previous, timezone, totals }: ReportFrame) {
  const span = ({ startAt, endAt }: ReportFrame['period']) => ({
    start_datetime: inZone(startAt, timezone),
    end_datetime: inZone(new Date(endAt.getTime() - 1), timezone),
  });
  const before = previous.totals;
  return {
    ...span(period),
    timezone,
    totals: presentSums(totals),
    previous: {
      ...span(previous.period),
      totals: presentSums(before),
      change: {
        calls: change(totals.calls, before.calls),
        answered: change(totals.answered, before.answered),
        duration: change(totals.durationMs, before.durationMs),
      },
    },
  };
}

const presentKey = (group: GroupOfReport) => ({ key: group.key, name: group.name, ...presentSums(group) });
const presentGroup = (group: GroupOfReport, zone: string) => ({
  start: group.at === null ? null : inZone(group.at, zone),
  ...presentKey(group),
});

const presentSums = (sums: CallSums) => ({
  ...{ calls: sums.calls, inbound: sums.inbound, outbound: sums.outbound, web: sums.web },
  answered: sums.answered,
  answer_rate: ratio(sums.answered, sums.calls),
  duration: sums.durationMs / 1_000,
  average_duration: average(sums.durationMs / 1_000, sums.answered),
  average_turns: average(sums.turns, sums.answered),
  average_answer_to_first_word_ms: average(sums.firstWordMs, sums.spoken),
});

const presentPage = (total: number, { page, page_size }: Page) => ({
  ...{ total, page, page_size },
  has_next: page * page_size < total,
  has_prev: page > 1,
});

const inZone = (at: Date, zone: string): string =>
  DateTime.fromJSDate(at, { zone }).toISO() ?? at.toISOString();
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
const ratio = (part: number, whole: number) => (whole === 0 ? null : rounded(part / whole));
const average = (sum: number, count: number) => (count === 0 ? null : rounded(sum / count));
const change = (now: number, before: number) => (before === 0 ? null : rounded(now / before - 1));
