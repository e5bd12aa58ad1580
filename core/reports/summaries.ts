import { type SQL, sql } from 'drizzle-orm';
import type { OperationContext } from '../context.ts';
import { type KeyGroup, measured, type Scope } from './measure.ts';
import { measuredInTimes } from './measure-times.ts';
import { longestOfAll } from './segments.ts';
import type { Times } from './times.ts';

/** Sums over finalized calls. */
export interface CallSums {
  readonly calls: number;
  readonly inbound: number;
  readonly outbound: number;
  readonly web: number;
  readonly answered: number;
  readonly durationMs: number;
  readonly turns: number;
  /** Calls in which the agent said a word, and the milliseconds from answer to it. */
  readonly spoken: number;
  readonly firstWordMs: number;
}

const sums = {
  calls: sql`sum(calls)`,
  inbound: sql`sum(calls) filter (where direction = 'inbound')`,
  outbound: sql`sum(calls) filter (where direction = 'outbound')`,
  web: sql`sum(calls) filter (where channel = 'web')`,
  answered: sql`sum(answered)`,
  durationMs: sql`sum(duration_ms)`,
  turns: sql`sum(turns)`,
  spoken: sql`sum(spoken)`,
  firstWordMs: sql`sum(first_word_ms)`,
} as const satisfies Record<keyof CallSums, SQL>;
const sumNames = Object.keys(sums) as (keyof CallSums)[];

export const noCalls: CallSums = sumsOf({});

export interface Group extends CallSums {
  /** Start of the hour, day, week or month; null for other groups. */
  readonly at: Date | null;
  /** Id of the agent, E.164 of the line; null: no line, or a group of time. */
  readonly key: string | null;
  readonly disposition: string | null;
}

export type Grouping = readonly ('time' | 'key' | 'disposition')[];

/** Sums of each group in each of the groupings; `[]` is the whole. */
export async function summarize(
  ctx: OperationContext,
  scope: Scope,
  how: { groupings: readonly Grouping[]; time?: Times; key?: KeyGroup },
): Promise<(Group & { readonly grouping: number })[]> {
  const { groupings, time, key } = how;
  const used = (['time', 'key', 'disposition'] as const).filter((name) =>
    groupings.some((one) => one.includes(name)),
  );
  const pieces =
    time === undefined
      ? sql`select null::int as moment, pieces.* from (${measured(scope, { longest: longestOfAll, key })}) as pieces`
      : measuredInTimes(scope, time, key);
  const { rows } = await ctx.db.execute<Record<string, unknown>>(sql`
      select ${numberOf(groupings, used)} as grouping,
        ${sql.join(
          used.map((name) => selected[name]),
          sql``,
        )} ${sql.join(
          sumNames.map((name) => sql`${sums[name]} as ${sql.identifier(name)}`),
          sql`, `,
        )}
      from (${groupings.length > 1 && time !== undefined ? added(pieces) : pieces}) as measured
      ${groupBy(groupings, used)}
      having sum(calls) > 0`);
  return rows.map((row) => ({
    grouping: Number(row.grouping),
    at: typeof row.moment === 'number' ? (time?.starts[row.moment - 1] ?? null) : null,
    key: typeof row.key === 'string' ? row.key : null,
    disposition: typeof row.disposition === 'string' ? row.disposition : null,
    ...sumsOf(row),
  }));
}

/** Each piece once instead of once for each grouping: there may be a hundred thousand hours, and few of these. */
const added = (pieces: SQL): SQL => sql`
  select moment, key, disposition, channel, direction, sum(calls) as calls, sum(answered) as answered,
    sum(duration_ms)::bigint as duration_ms, sum(turns)::bigint as turns, sum(spoken) as spoken,
    sum(first_word_ms)::bigint as first_word_ms
  from (${pieces}) as one group by moment, key, disposition, channel, direction`;

type GroupColumn = Grouping[number];
const columnNames = { time: 'moment', key: 'key', disposition: 'disposition' } as const;
const selected = {
  time: sql`moment, `,
  key: sql`key, `,
  disposition: sql`disposition, `,
} as const satisfies Record<GroupColumn, SQL>;

/** Which of the groupings a row is of: PostgreSQL's grouping() has a bit for each column that it is not grouped by. */
function numberOf(groupings: readonly Grouping[], used: readonly GroupColumn[]): SQL {
  if (used.length === 0) return sql`0`;
  const maskOf = (grouping: Grouping) =>
    used.reduce((mask, name) => mask * 2 + (grouping.includes(name) ? 0 : 1), 0);
  const cases = groupings.map((one, index) => `when ${maskOf(one)} then ${index}`).join(' ');
  return sql.raw(`case grouping(${used.map((name) => columnNames[name]).join(', ')}) ${cases} end`);
}

function groupBy(groupings: readonly Grouping[], used: readonly GroupColumn[]): SQL {
  if (used.length === 0) return sql``;
  const sets = groupings.map((one) => `(${one.map((name) => columnNames[name]).join(', ')})`);
  return sql.raw(`group by grouping sets (${sets.join(', ')})`);
}

function sumsOf(row: Record<string, unknown>): CallSums {
  const of = (name: keyof CallSums) => Number(row[name] ?? 0);
  return {
    ...{ calls: of('calls'), inbound: of('inbound'), outbound: of('outbound'), web: of('web') },
    ...{ answered: of('answered'), durationMs: of('durationMs'), turns: of('turns') },
    ...{ spoken: of('spoken'), firstWordMs: of('firstWordMs') },
  };
}

/** What is in `whole` and in none of the parts. */
export function remainder(whole: CallSums, parts: readonly CallSums[]): CallSums {
  const left = sumNames.map((name) => [name, parts.reduce((rest, part) => rest - part[name], whole[name])]);
  return sumsOf(Object.fromEntries(left));
}

/** The totals of a period. */
export async function totalsOf(ctx: OperationContext, scope: Scope): Promise<CallSums> {
  const [row] = await summarize(ctx, scope, { groupings: [[]] });
  return row ?? noCalls;
}
