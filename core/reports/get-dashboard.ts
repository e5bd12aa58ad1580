import { and, count, eq, isNull, ne } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import type { WorkspaceContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type ReportFrame, reportFields } from './get-call-summary.ts';
import { type CallFilter, callConditions, type Scope } from './measure.ts';
import {
  assertGroupFits,
  fittingGroup,
  type Period,
  periodBefore,
  periodOf,
  type TimeGroup,
  timeGroups,
} from './period.ts';
import { type GroupOfReport, groupsOf } from './report-groups.ts';
import { type CallSums, noCalls, summarize, totalsOf } from './summaries.ts';
import { timesOf } from './times.ts';

/** Calls that are going on at this moment. */
export interface CallsNow {
  readonly active: number;
  readonly ringing: number;
  readonly dialing: number;
  readonly queued: number;
}

export interface Dashboard extends ReportFrame {
  readonly groupBy: TimeGroup;
  readonly series: readonly (CallSums & { readonly at: Date })[];
  readonly dispositions: readonly { readonly disposition: string; readonly calls: number }[];
  /** The ten with the most calls. */
  readonly agents: readonly GroupOfReport[];
  readonly numbers: readonly GroupOfReport[];
  readonly now: CallsNow;
}

const topGroups = 10;

/** One look at a workspace: totals, how they change, the course of time, who and what, and what goes on now. */
export const getDashboard = operation({
  name: 'report.get_dashboard',
  scope: 'member',
  input: z.object({ ...reportFields, groupBy: z.enum(timeGroups).optional() }),
  reads: true,
  run: async (ctx, { startAt, endAt, timezone, groupBy, ...filter }): Promise<Dashboard> => {
    const period = periodOf({ startAt, endAt, timezone });
    const time = groupBy ?? fittingGroup(period);
    assertGroupFits(period, time);
    const before = periodBefore(period, timezone);
    const scope: Scope = { workspaceId: ctx.workspaceId, filter, ...period };
    const [course, totalsBefore, now] = await Promise.all([
      courseOf(ctx, scope, period, time, timezone),
      totalsOf(ctx, { ...scope, ...before }),
      callsNow(ctx, filter),
    ]);
    const { totals } = course;
    const top = async (group: 'agent' | 'number') =>
      (await groupsOf(ctx, scope, { period, timezone, groupBy: group, totals })).slice(0, topGroups);
    const [agents, numbers] = await Promise.all([top('agent'), top('number')]);
    return {
      ...{ period, timezone, groupBy: time, ...course, agents, numbers, now },
      previous: { period: before, totals: totalsBefore },
    };
  },
});

/** Totals, series and dispositions in one pass. */
async function courseOf(
  ctx: WorkspaceContext,
  scope: Scope,
  period: Period,
  time: TimeGroup,
  timezone: string,
): Promise<Pick<Dashboard, 'totals' | 'series' | 'dispositions'>> {
  const times = await timesOf(ctx, period, time, timezone);
  const rows = await summarize(ctx, scope, { groupings: [[], ['time'], ['disposition']], time: times });
  const byStart = new Map(rows.map((row) => [row.at?.getTime(), row]));
  return {
    totals: rows.find((row) => row.grouping === 0) ?? noCalls,
    series: times.starts.map((at) => ({ ...(byStart.get(at.getTime()) ?? noCalls), at })),
    dispositions: rows
      .filter((row) => row.grouping === 2)
      .map(({ disposition, calls: of }) => ({ disposition: disposition ?? '', calls: of }))
      .sort((a, b) => b.calls - a.calls || a.disposition.localeCompare(b.disposition)),
  };
}

async function callsNow(ctx: WorkspaceContext, { disposition: _, ...filter }: CallFilter): Promise<CallsNow> {
  const rows = await ctx.db
    .select({ status: calls.status, calls: count() })
    .from(calls)
    .where(
      and(
        eq(calls.workspaceId, ctx.workspaceId),
        isNull(calls.finalizedAt),
        ne(calls.status, 'ended'),
        ...callConditions(filter),
      ),
    )
    .groupBy(calls.status);
  const of = (status: keyof CallsNow) => rows.find((row) => row.status === status)?.calls ?? 0;
  return { active: of('active'), ringing: of('ringing'), dialing: of('dialing'), queued: of('queued') };
}
