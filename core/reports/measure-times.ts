import { type SQL, sql } from 'drizzle-orm';
import { isSummedUp, type KeyGroup, measured, measuredPiece, piecesOf, type Scope } from './measure.ts';
import { measureColumns, measures } from './rollups.ts';
import type { GrainMinutes } from './segments.ts';
import type { Move, Times } from './times.ts';

/**
 * Rows to sum up, like those of `measured`, with `moment`: the place in `starts` of the group that it belongs to,
 * counted from 1. What is moved from a group into another is in both, with the opposite sign in the first.
 */
export function measuredInTimes(scope: Scope, times: Times, key: KeyGroup | undefined): SQL {
  // Single calls are not rounded.
  const isRounded = isSummedUp(scope, key);
  const starts = isRounded ? times.roundedStarts : times.starts;
  // Among the starts of the groups: a zone's calendar is asked for each of them, not for each row.
  const moment = sql`width_bucket(at, ${sql.param(starts.map((at) => at.toISOString()))}::timestamptz[])`;
  const summed = sql`select ${moment} as moment, channel, direction, disposition, key, ${measureColumns} from (${measured(scope, { longest: times.longest, key })}) as pieces`;
  const moved = isRounded ? movesOf(scope, times, key) : [];
  return sql.join([summed, ...moved], sql` union all `);
}

function movesOf(scope: Scope, { moves, longest }: Times, key: KeyGroup | undefined): SQL[] {
  const byGrain = new Map<GrainMinutes | null, Move[]>();
  for (const move of moves)
    for (const { grain, span } of piecesOf(scope, move, { key, longest })) {
      const pieces = byGrain.get(grain) ?? [];
      const { startAt = move.startAt, endAt = move.endAt } = span;
      pieces.push({ ...move, startAt, endAt });
      byGrain.set(grain, pieces);
    }
  return [...byGrain].map(([grain, pieces]) => movedPieces(scope, key, grain, pieces));
}

/** All that are read in one way at once: a day of a year has one of its own. */
function movedPieces(
  scope: Scope,
  key: KeyGroup | undefined,
  grain: GrainMinutes | null,
  pieces: readonly Move[],
): SQL {
  const bounds = { startAt: sql`piece.start_at`, endAt: sql`piece.end_at` };
  const column = <T>(of: (piece: Move) => T) => sql.param(pieces.map(of));
  const sums = measures.map((name) => sql`sum(${sql.identifier(name)})::bigint as ${sql.identifier(name)}`);
  const signed = measures.map((name) => sql`sign * ${sql.identifier(name)}`);
  // Summed up before they are doubled by their sign.
  return sql`select moment, channel, direction, disposition, key, ${sql.join(signed, sql`, `)}
    from (
      select from_moment, to_moment, channel, direction, disposition, key, ${sql.join(sums, sql`, `)}
      from unnest(${column(({ startAt }) => startAt.toISOString())}::timestamptz[],
        ${column(({ endAt }) => endAt.toISOString())}::timestamptz[],
        ${column(({ fromGroup }) => fromGroup + 1)}::int[],
        ${column(({ toGroup }) => toGroup + 1)}::int[]) as piece (start_at, end_at, from_moment, to_moment)
      -- Each by its own look into the index: flattened, all rows of the grain are held against every piece.
      cross join lateral (${measuredPiece(scope, key, grain, bounds)} offset 0) as of_piece
      group by 1, 2, 3, 4, 5, 6) as moved
    cross join lateral (values (from_moment, -1), (to_moment, 1)) as change (moment, sign)`;
}
