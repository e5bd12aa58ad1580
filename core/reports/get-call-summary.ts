import { z } from 'zod';
import { operation } from '../operation.ts';
import { callFilterFields } from './measure.ts';
import { assertGroupFits, type Period, periodBefore, periodOf, timeGroups, zoneField } from './period.ts';
import { type GroupOfReport, groupsOf } from './report-groups.ts';
import { type CallSums, totalsOf } from './summaries.ts';

export const reportFields = {
  ...callFilterFields,
  /** Calls made in this span of time, both ends included. */
  startAt: z.date().optional(),
  endAt: z.date().optional(),
  timezone: zoneField.default('UTC'),
};
export const pageFields = {
  page: z.number().int().min(1).max(1_000_000).default(1),
  pageSize: z.number().int().min(1).max(100).default(25),
};

export const summaryGroups = [...timeGroups, 'agent', 'number', 'disposition'] as const;

/** A report's frame: what it is about, and what to compare it with. */
export interface ReportFrame {
  readonly period: Period;
  readonly timezone: string;
  readonly totals: CallSums;
  readonly previous: { readonly period: Period; readonly totals: CallSums };
}

export interface CallSummary extends ReportFrame {
  readonly groupBy: (typeof summaryGroups)[number];
  /** One page of `total` groups: times in order, with those that had no call; others by their number of calls. */
  readonly items: readonly GroupOfReport[];
  readonly total: number;
}

/** Finished calls by time, agent, number or disposition, compared with the period before. */
export const getCallSummary = operation({
  name: 'report.get_call_summary',
  scope: 'member',
  input: z.object({ ...reportFields, ...pageFields, groupBy: z.enum(summaryGroups).default('day') }),
  reads: true,
  run: async (
    ctx,
    { startAt, endAt, timezone, groupBy, page, pageSize, ...filter },
  ): Promise<CallSummary> => {
    const period = periodOf({ startAt, endAt, timezone });
    assertGroupFits(period, groupBy);
    const before = periodBefore(period, timezone);
    const scope = { workspaceId: ctx.workspaceId, filter, ...period };
    const [totals, totalsBefore] = [await totalsOf(ctx, scope), await totalsOf(ctx, { ...scope, ...before })];
    const groups = await groupsOf(ctx, scope, { period, timezone, groupBy, totals });
    return {
      ...{ period, timezone, totals, groupBy },
      previous: { period: before, totals: totalsBefore },
      items: groups.slice((page - 1) * pageSize, page * pageSize),
      total: groups.length,
    };
  },
});
