import { z } from 'zod';
import { operation } from '../operation.ts';
import { pageFields, type ReportFrame, reportFields } from './get-call-summary.ts';
import type { Scope } from './measure.ts';
import { assertGroupFits, periodBefore, periodOf, timeGroups } from './period.ts';
import { type GroupOfReport, groupsOf } from './report-groups.ts';
import { type CallSums, noCalls, totalsOf } from './summaries.ts';

export const dispositionGroups = [...timeGroups, 'agent', 'number'] as const;

export interface DispositionCount extends CallSums {
  readonly disposition: string;
  /** Calls with it in the period before. */
  readonly previousCalls: number;
}

export interface DispositionSummary extends ReportFrame {
  readonly dispositions: readonly DispositionCount[];
  readonly groupBy: (typeof dispositionGroups)[number] | null;
  /** One page of `total` groups with their calls by disposition; none without `groupBy`. */
  readonly items: readonly GroupOfReport[];
  readonly total: number;
}

/** How finished calls went, compared with the period before. */
export const getDispositionSummary = operation({
  name: 'report.get_disposition_summary',
  scope: 'member',
  input: z.object({ ...reportFields, ...pageFields, groupBy: z.enum(dispositionGroups).optional() }),
  reads: true,
  run: async (
    ctx,
    { startAt, endAt, timezone, groupBy, page, pageSize, ...filter },
  ): Promise<DispositionSummary> => {
    const period = periodOf({ startAt, endAt, timezone });
    if (groupBy) assertGroupFits(period, groupBy);
    const before = periodBefore(period, timezone);
    const scope: Scope = { workspaceId: ctx.workspaceId, filter, ...period };
    const scopeBefore = { ...scope, ...before };
    const [totals, totalsBefore] = [await totalsOf(ctx, scope), await totalsOf(ctx, scopeBefore)];
    const frame = { timezone, groupBy: 'disposition' as const };
    const now = await groupsOf(ctx, scope, { ...frame, period, totals });
    const then = await groupsOf(ctx, scopeBefore, { ...frame, period: before, totals: totalsBefore });
    const groups = groupBy
      ? await groupsOf(ctx, scope, { period, timezone, groupBy, totals, withDispositions: true })
      : [];
    return {
      ...{ period, timezone, totals, groupBy: groupBy ?? null },
      previous: { period: before, totals: totalsBefore },
      dispositions: compared(now, then),
      items: groups.slice((page - 1) * pageSize, page * pageSize),
      total: groups.length,
    };
  },
});

/** One that only the period before had is told too. */
function compared(now: readonly GroupOfReport[], then: readonly GroupOfReport[]): DispositionCount[] {
  const before = new Map(then.map(({ key, calls }) => [key, calls]));
  const gone = then.filter(({ key }) => !now.some((group) => group.key === key));
  return [
    ...now.map((group) => ({
      ...group,
      disposition: group.key ?? '',
      previousCalls: before.get(group.key) ?? 0,
    })),
    ...gone.map(({ key, calls }) => ({ ...noCalls, disposition: key ?? '', previousCalls: calls })),
  ];
}
