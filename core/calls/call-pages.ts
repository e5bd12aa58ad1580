import { and, desc, eq, gte, isNull, lt, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { prepared } from '../../db/prepared.ts';
import { agents } from '../../db/schema/agents.ts';
import { calls } from '../../db/schema/calls.ts';
import type { WorkspaceContext } from '../context.ts';
import { type CallFilter, callConditions, measured, type Scope } from '../reports/measure.ts';
import { type GrainMinutes, longestOfAll } from '../reports/segments.ts';
import type { Call } from './call.ts';
import type { CallPlace } from './call-cursor.ts';

export interface CallListItem extends Call {
  readonly agentName: string;
}

interface Reader extends Pick<WorkspaceContext, 'db'> {
  /** The same as `db` outside of a transaction. */
  readonly pool?: Database;
}

/** What one SQL statement and another must agree on. */
const conditionsOf = ({ workspaceId, filter, startAt, endAt }: Scope): SQL | undefined =>
  and(
    eq(calls.workspaceId, workspaceId),
    startAt && gte(calls.createdAt, startAt),
    endAt && lt(calls.createdAt, endAt),
    ...callConditions(filter),
  );

/** Calls that no rollup has yet, as rows like those of `measured`. */
const openCalls = (scope: Scope): SQL =>
  sql`select ${calls.createdAt} as at, 1 as calls from ${calls} where ${and(conditionsOf(scope), isNull(calls.finalizedAt))}`;

const allCalls = (scope: Scope, longest: GrainMinutes): SQL =>
  sql`select at, calls from (${measured(scope, { longest })}) as pieces union all ${openCalls(scope)}`;

/** How many calls there are: from the rollups, and those that are not over yet. One statement, so each counts once. */
const total = (scope: Scope): SQL<number> =>
  sql`(select coalesce(sum(calls), 0) from (${allCalls(scope, longestOfAll)}) as counted)`.mapWith(Number);

export async function countCalls({ db }: Reader, scope: Scope): Promise<number> {
  const { rows } = await db.execute<{ total: string }>(sql`select ${total(scope)} as total`);
  return Number(rows[0]?.total ?? 0);
}

/** Pages further back than this are looked up through the rollups. */
const nearbyCalls = 1_000;

export const isNearby = ({ offset }: Window): boolean => offset < nearbyCalls;

interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** One page, newest first, with the number of all calls in the same statement; null where the page is empty. */
export async function pageOfCalls(
  reader: Reader,
  scope: Scope,
  window: Window,
): Promise<{ items: CallListItem[]; total: number | null }> {
  const rows = isNearby(window)
    ? await nearbyRows(reader, scope, window)
    : await leap(reader, scope, window.offset).then(({ scope: from, offset }) =>
        pageQuery(reader, { scope, from, window: { ...window, offset } }),
      );
  return pageOf(rows);
}

/** The calls that come behind a place in the list, and the number of all of them; null where there is none. */
export async function callsBehind(reader: Reader, scope: Scope, behind: CallPlace, limit: number) {
  return pageOf(await pageQuery(reader, { scope, from: scope, behind, window: { limit, offset: 0 } }));
}

const pageOf = (rows: Awaited<ReturnType<typeof pageQuery>>) => ({
  items: rows.map(({ call, agentName }): CallListItem => ({ ...call, agentName })),
  total: rows[0]?.total ?? null,
});

interface PageQuery {
  readonly scope: Scope;
  /** The same, without what is newer than the page. */
  readonly from: Scope;
  /** Only what is older than this place. */
  readonly behind?: CallPlace;
  readonly window: { readonly limit: number | Placeholder; readonly offset: number | Placeholder };
}

function pageQuery({ db }: Reader, { scope, from, behind, window }: PageQuery) {
  // Chosen before anything is joined or read whole: what is skipped is only counted off in an index.
  const chosen = db
    .select({ id: calls.id })
    .from(calls)
    .where(
      and(
        conditionsOf(from),
        behind &&
          sql`(${calls.createdAt}, ${calls.id}) < (${behind.createdAt.toISOString()}::timestamptz, ${behind.id}::uuid)`,
      ),
    )
    .orderBy(desc(calls.createdAt), desc(calls.id))
    .limit(window.limit)
    .offset(window.offset)
    .as('chosen');
  return db
    .select({ call: calls, agentName: agents.name, total: total(scope) })
    .from(chosen)
    .innerJoin(calls, eq(calls.id, chosen.id))
    .innerJoin(agents, eq(agents.id, calls.agentId))
    .orderBy(desc(calls.createdAt), desc(calls.id));
}

/** Writing the statement takes longer than answering it, so the common ones are kept by what they filter. */
const kept = prepared((db) => {
  const statements = new Map<string, ReturnType<typeof prepareFor>>();
  const prepareFor = (names: readonly string[]) => {
    // The values are only passed on into the statement, where a placeholder stands as well as a value.
    const filter = Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as CallFilter;
    const scope = { workspaceId: sql.placeholder('workspaceId') as unknown as string, filter };
    const window = { limit: sql.placeholder('limit'), offset: sql.placeholder('offset') };
    return pageQuery({ db }, { scope, from: scope, window }).prepare('');
  };
  return (names: readonly string[]) => {
    const id = names.join();
    const statement = statements.get(id) ?? prepareFor(names);
    statements.set(id, statement);
    return statement;
  };
});

function nearbyRows({ db, pool }: Reader, scope: Scope, window: Window) {
  const { workspaceId, filter, startAt, endAt } = scope;
  if (pool === undefined || startAt || endAt) return pageQuery({ db }, { scope, from: scope, window });
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name).sort();
  return kept(pool)(names).execute({ workspaceId, ...Object.fromEntries(given), ...window });
}

/**
 * Where the call number `offset` stands: the rollups say in which day and in which quarter of an hour, so nothing newer
 * has to be counted off, however far back the page is.
 */
async function leap(reader: Reader, scope: Scope, offset: number): Promise<{ scope: Scope; offset: number }> {
  let at = { scope, offset };
  for (const minutes of [1440, 15] as const) {
    const step = sql`make_interval(mins => ${minutes}::int)`;
    const source = allCalls(at.scope, minutes);
    const { rows } = await reader.db.execute<{ bucket: string; newer: string }>(sql`
      select (extract(epoch from bucket) * 1000)::bigint as bucket, newer from (
        select bucket, sum(calls) over (order by bucket desc) - calls as newer from (
          select date_bin(${step}, at, timestamptz '2000-01-01 00:00:00+00') as bucket, sum(calls) as calls
          from (${source}) as counted group by 1
        ) as buckets
      ) as running where newer <= ${at.offset}::int order by bucket limit 1`);
    const [row] = rows;
    if (row === undefined) return at;
    const startAt = new Date(Number(row.bucket));
    const endAt = new Date(startAt.getTime() + minutes * 60_000);
    // The next bucket may have to fill the page: only the newer ones are left out.
    at = {
      scope: { ...at.scope, endAt: at.scope.endAt && at.scope.endAt < endAt ? at.scope.endAt : endAt },
      offset: at.offset - Number(row.newer),
    };
    if (minutes === 1440) at = { ...at, scope: { ...at.scope, startAt: later(scope.startAt, startAt) } };
  }
  return { ...at, scope: { ...at.scope, startAt: scope.startAt } };
}

const later = (a: Date | undefined, b: Date): Date => (a && a > b ? a : b);
