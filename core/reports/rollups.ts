import { and, eq, gte, isNotNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Transaction } from '../../db/client.ts';
import { callRollups, type RollupDimension } from '../../db/schema/call-rollups.ts';
import { calls } from '../../db/schema/calls.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type GrainMinutes, grains, longestOfAll, type Span, shortestOfPairs } from './segments.ts';

/** The number of ours that a phone call came in on or went out from; it stays when the number is given up. */
export const lineOf = sql`case when ${calls.channel} <> 'phone' then null
  when ${calls.direction} = 'inbound' then ${calls.toNumber} else ${calls.fromNumber} end`;

/** What is summed up of a call, under the names of the rollups' columns. */
export const measuresOf = {
  calls: sql`1`,
  answered: sql`(${calls.answeredAt} is not null)::int`,
  duration_ms: sql`coalesce(${calls.durationMs}, 0)`,
  turns: sql`${calls.turnCount}`,
  spoken: sql`(${calls.answeredAt} is not null and ${calls.firstWordAt} is not null)::int`,
  first_word_ms: sql`coalesce(greatest(0, extract(epoch from ${calls.firstWordAt} - ${calls.answeredAt}) * 1000), 0)`,
} as const;
export type Measure = keyof typeof measuresOf;
export const measures = Object.keys(measuresOf) as Measure[];

/**
 * Adds a finalized call to the rollups, or takes it out (`times` -1) before it is changed or deleted. To be done in the
 * transaction that finalizes it, at its end: calls of the same quarter wait for each other here.
 */
export async function rollUp(ctx: OperationContext, callId: string, times: 1 | -1): Promise<void> {
  await ctx.db.execute(
    sql`select pg_advisory_xact_lock_shared(${lockOf(sql`${calls.workspaceId}`)}) from ${calls} where ${calls.id} = ${callId}`,
  );
  // In one order everywhere, so that two transactions never wait for each other crosswise.
  await ctx.db.execute(
    addCalls(sql`${calls.id} = ${callId}`, { times, grains, order: sql`order by 1, 2, 3, 4, 5, 6, 7, 8` }),
  );
}

/** Their columns in the rollups, by name. */
export const measureColumns = sql.join(
  measures.map((name) => sql.identifier(name)),
  sql`, `,
);

/** What a call is summed up under. Of two at once the one comes first that a report is always narrowed to. */
const dimensionsOfCall = sql.join(
  Object.entries({
    all: sql`''`,
    agent: sql`${calls.agentId}::text`,
    number: lineOf,
    campaign: sql`${calls.campaignId}::text`,
    agent_number: sql`${calls.agentId} || ' ' || ${lineOf}`,
    campaign_agent: sql`${calls.campaignId} || ' ' || ${calls.agentId}`,
    campaign_number: sql`${calls.campaignId} || ' ' || ${lineOf}`,
  } satisfies Record<RollupDimension, SQL>).map(
    ([name, key]) =>
      sql`(${sql.raw(`'${name}'`)}, ${key}, ${sql.raw(String(name.includes('_') ? shortestOfPairs : grains[0]))})`,
  ),
  sql`, `,
);

const bucketOf = (minutes: SQL, at: SQL): SQL =>
  sql`date_bin(make_interval(mins => ${minutes}), ${at}, timestamptz 'epoch')`;

interface Adding {
  readonly times: 1 | -1;
  readonly grains: readonly GrainMinutes[];
  readonly order: SQL;
}

function addCalls(which: SQL, { times, grains: added, order }: Adding): SQL {
  const minutes = sql.raw(added.map((grain) => `(${grain})`).join(', '));
  const sums = measures.map((name) => sql`${sql.raw(String(times))} * sum(${measuresOf[name]})`);
  const updates = measures.map(
    (name) =>
      sql`${sql.identifier(name)} = call_rollups.${sql.identifier(name)} + excluded.${sql.identifier(name)}`,
  );
  return sql`insert into ${callRollups} (workspace_id, dimension, key, grain_minutes, bucket_at, channel, direction,
      disposition, ${measureColumns})
    select ${calls.workspaceId}, dimension, key, minutes,
      ${bucketOf(sql`minutes`, sql`${calls.createdAt}`)} as bucket,
      ${calls.channel}, ${calls.direction}, ${calls.disposition}, ${sql.join(sums, sql`, `)}
    from ${calls}
    cross join lateral (values ${dimensionsOfCall}) as of (dimension, key, shortest)
    join (values ${minutes}) as grain (minutes) on minutes >= shortest
    where ${isNotNull(calls.finalizedAt)} and key is not null and ${which}
    group by 1, 2, 3, 4, 5, 6, 7, 8
    ${order}
    on conflict on constraint call_rollups_key do update set ${sql.join(updates, sql`, `)}`;
}

/**
 * Calls that are summed up in one go when rollups are rebuilt: whoever finalizes one of the workspace waits that long.
 */
const callsAtOnce = 10_000;

/**
 * Writes all rollups anew from the calls, some days of one workspace after the other, each in a transaction of its own.
 * Calls that are finalized meanwhile are in it once. Resolves to the number of rows.
 */
export async function rewriteRollups(db: Database): Promise<number> {
  let written = 0;
  const pieces = await piecesOf(db);
  for (const piece of pieces) written += await db.transaction((tx) => rewritePiece(tx, piece));
  for (const workspaceId of new Set(pieces.map((piece) => piece.workspaceId)))
    written += await db.transaction((tx) => rewriteLongest(tx, workspaceId));
  return written;
}

/** The same as an operation. */
export const rebuildRollups = operation({
  name: 'report.rebuild_rollups',
  scope: 'system',
  input: z.object({}),
  reads: true,
  run: (ctx) => rewriteRollups(ctx.services.db),
});

interface Piece extends Span {
  readonly workspaceId: string;
}

/** Every workspace's time from its beginning to its end, cut at days. */
async function piecesOf(db: Database): Promise<Piece[]> {
  const { rows } = await db.execute<{ workspace: string; day: string | null; calls: string }>(sql`
    select workspace_id as workspace, (extract(epoch from day) * 1000)::bigint as day, calls from (
      select ${calls.workspaceId}, ${bucketOf(sql`1440`, sql`${calls.createdAt}`)} as day,
        count(*) as calls from ${calls} where ${isNotNull(calls.finalizedAt)} group by 1, 2
      union all select distinct ${callRollups.workspaceId}, null::timestamptz, 0 from ${callRollups}
    ) as days order by workspace, day nulls first`);
  const pieces: (Piece & { calls: number })[] = [];
  for (const row of rows) {
    const last = pieces.at(-1);
    const ofDay = Number(row.calls);
    if (last?.workspaceId !== row.workspace) pieces.push({ workspaceId: row.workspace, calls: ofDay });
    else if (last.calls + ofDay <= callsAtOnce) last.calls += ofDay;
    else {
      const startAt = new Date(Number(row.day));
      pieces[pieces.length - 1] = { ...last, endAt: startAt };
      pieces.push({ workspaceId: row.workspace, startAt, calls: ofDay });
    }
  }
  return pieces;
}

async function rewritePiece(db: Transaction, { workspaceId, startAt, endAt }: Piece): Promise<number> {
  if (!(await lockAlone(db, workspaceId))) return 0;
  await db
    .delete(callRollups)
    .where(
      and(
        eq(callRollups.workspaceId, workspaceId),
        ne(callRollups.grainMinutes, longestOfAll),
        startAt && gte(callRollups.bucketAt, startAt),
        endAt && lt(callRollups.bucketAt, endAt),
      ),
    );
  const which = and(
    eq(calls.workspaceId, workspaceId),
    startAt && gte(calls.createdAt, startAt),
    endAt && lt(calls.createdAt, endAt),
  );
  const shorter = grains.filter((grain) => grain !== longestOfAll);
  const { rowCount } = await db.execute(
    addCalls(which ?? sql`false`, { times: 1, grains: shorter, order: sql`` }),
  );
  return rowCount ?? 0;
}

/** From the days, which are right by then: one of the longest lies in several pieces. */
async function rewriteLongest(db: Transaction, workspaceId: string): Promise<number> {
  if (!(await lockAlone(db, workspaceId))) return 0;
  await db
    .delete(callRollups)
    .where(and(eq(callRollups.workspaceId, workspaceId), eq(callRollups.grainMinutes, longestOfAll)));
  const sums = measures.map((name) => sql`sum(${sql.identifier(name)})`);
  const { rowCount } = await db.execute(sql`
    insert into ${callRollups} (workspace_id, dimension, key, grain_minutes, bucket_at, channel, direction, disposition,
      ${measureColumns})
    select workspace_id, dimension, key, ${longestOfAll}::int, ${bucketOf(sql`${longestOfAll}::int`, sql`bucket_at`)},
      channel, direction, disposition, ${sql.join(sums, sql`, `)}
    from ${callRollups} where ${eq(callRollups.workspaceId, workspaceId)} and grain_minutes = 1440
    group by 1, 2, 3, 4, 5, 6, 7, 8`);
  return rowCount ?? 0;
}

/** Until the end of the transaction. Resolves to false for a workspace that is gone. */
async function lockAlone(db: Transaction, workspaceId: string): Promise<boolean> {
  // Before anything of it is touched: somebody may be deleting the workspace.
  const found = await db.execute(
    sql`select 1 from ${workspaces} where ${workspaces.id} = ${workspaceId} for key share`,
  );
  if (found.rowCount === 0) return false;
  await db.execute(sql`select pg_advisory_xact_lock(${lockOf(sql`${workspaceId}`)})`);
  return true;
}

/** Shared by those who add calls, alone for who writes a piece anew: it must see each call and not its sum, or both. */
const lockOf = (workspaceId: SQL): SQL => sql`hashtextextended('call rollups ' || ${workspaceId}::text, 0)`;
