import { eq } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import type { WorkspaceContext } from '../context.ts';
import type { Scope } from './measure.ts';
import { type Period, type TimeGroup, timeGroups } from './period.ts';
import { type CallSums, type Grouping, noCalls, remainder, summarize } from './summaries.ts';
import { timesOf } from './times.ts';

export interface GroupOfReport extends CallSums {
  /** Start of the hour, day, week or month; null for other groups. */
  readonly at: Date | null;
  /** Id of the agent, E.164 of the line, the disposition; null: calls without a line, or a group of time. */
  readonly key: string | null;
  /** As people know it. */
  readonly name: string | null;
  /** Calls by disposition, where it was asked for. */
  readonly dispositions: Readonly<Record<string, number>>;
}

interface How {
  readonly period: Period;
  readonly timezone: string;
  readonly groupBy: TimeGroup | 'agent' | 'number' | 'disposition';
  readonly totals: CallSums;
  /** Each group's calls by disposition as well. */
  readonly withDispositions?: boolean;
}

/** Every group of a report. */
export async function groupsOf(ctx: WorkspaceContext, scope: Scope, how: How): Promise<GroupOfReport[]> {
  const { groupBy, timezone, withDispositions = false } = how;
  const time = timeGroups.find((name) => name === groupBy);
  const key = groupBy === 'agent' || groupBy === 'number' ? groupBy : undefined;
  const column: Grouping = time ? ['time'] : key ? ['key'] : ['disposition'];
  const groupings = withDispositions ? [column, [...column, 'disposition' as const]] : [column];
  const times = time && (await timesOf(ctx, how.period, time, timezone));
  const rows = await summarize(ctx, scope, {
    groupings,
    ...(times === undefined ? {} : { time: times }),
    ...(key === undefined ? {} : { key }),
  });
  const idOf = ({ at, key: own, disposition }: (typeof rows)[number]) =>
    time ? String(at?.getTime()) : key ? own : disposition;
  const counts = countsById(
    rows.filter((row) => row.grouping === 1),
    idOf,
  );
  const groups = rows
    .filter((row) => row.grouping === 0)
    .map(({ grouping: _, disposition, ...row }) => ({
      ...row,
      key: key ? row.key : disposition,
      name: null,
      dispositions: counts.get(idOf({ ...row, grouping: 0, disposition })) ?? {},
    }));
  if (times) return filled(groups, times.starts);
  if (key)
    return named(
      ctx,
      key,
      withTheRest(groups, how.totals, withDispositions ? await countsOf(ctx, scope) : {}),
    );
  return mostFirst(groups.map((group) => ({ ...group, name: group.key })));
}

function countsById<T extends { readonly disposition: string | null; readonly calls: number }>(
  rows: readonly T[],
  idOf: (row: T) => string | null,
): Map<string | null, Record<string, number>> {
  const counts = new Map<string | null, Record<string, number>>();
  for (const row of rows) {
    const of = counts.get(idOf(row)) ?? {};
    of[row.disposition ?? ''] = row.calls;
    counts.set(idOf(row), of);
  }
  return counts;
}

function filled(groups: readonly GroupOfReport[], starts: readonly Date[]): GroupOfReport[] {
  const byStart = new Map(groups.map((group) => [group.at?.getTime(), group]));
  return starts.map(
    (at) => byStart.get(at.getTime()) ?? { ...noCalls, at, key: null, name: null, dispositions: {} },
  );
}

/** Web calls have no line, so no rollup of lines has them; those that were looked at one by one are not all. */
function withTheRest(
  all: readonly GroupOfReport[],
  totals: CallSums,
  counts: Readonly<Record<string, number>>,
): GroupOfReport[] {
  const groups = all.filter(({ key }) => key !== null);
  const left = remainder(totals, groups);
  if (left.calls === 0) return groups;
  const dispositions = Object.entries(counts)
    .map(
      ([name, of]) => [name, groups.reduce((rest, one) => rest - (one.dispositions[name] ?? 0), of)] as const,
    )
    .filter(([, of]) => of > 0);
  const rest = { at: null, key: null, name: null, dispositions: Object.fromEntries(dispositions) };
  return [...groups, { ...left, ...rest }];
}

async function countsOf(ctx: WorkspaceContext, scope: Scope): Promise<Record<string, number>> {
  const rows = await summarize(ctx, scope, { groupings: [['disposition']] });
  return Object.fromEntries(rows.map(({ disposition, calls }) => [disposition ?? '', calls]));
}

async function named(
  ctx: WorkspaceContext,
  key: 'agent' | 'number',
  groups: readonly GroupOfReport[],
): Promise<GroupOfReport[]> {
  if (key === 'number') return mostFirst(groups.map((group) => ({ ...group, name: group.key })));
  const rows = await ctx.db
    .select({ id: agents.id, name: agents.name })
    .from(agents)
    .where(eq(agents.workspaceId, ctx.workspaceId));
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return mostFirst(groups.map((group) => ({ ...group, name: names.get(group.key ?? '') ?? null })));
}

const mostFirst = (groups: readonly GroupOfReport[]): GroupOfReport[] =>
  groups.toSorted((a, b) => b.calls - a.calls || (a.key ?? '').localeCompare(b.key ?? ''));
