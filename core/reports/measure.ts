import { and, eq, gte, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { callRollups, type RollupDimension, rollupDimensions } from '../../db/schema/call-rollups.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { dispositions } from '../dispositions.ts';
import { phoneNumberField } from '../fields.ts';
import { lineOf, measureColumns, measures, measuresOf } from './rollups.ts';
import { type GrainMinutes, grains, type Span, segmentsOf, shortestOfPairs } from './segments.ts';

/** What reports and lists of calls are narrowed to. */
export const callFilterFields = {
  channel: z.enum(['phone', 'web']).optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
  agentId: z.uuid().optional(),
  /** The number of ours that the call came in on or went out from. */
  phoneNumber: phoneNumberField.optional(),
  disposition: z.enum(dispositions).optional(),
  campaignId: z.uuid().optional(),
};
export type CallFilter = Partial<z.output<z.ZodObject<typeof callFilterFields>>>;

/** Finalized calls of a workspace. A bound that is left out is none. */
export interface Scope {
  readonly workspaceId: string;
  readonly filter: CallFilter;
  readonly startAt?: Date | undefined;
  /** Before this. */
  readonly endAt?: Date | undefined;
}

export type KeyGroup = 'agent' | 'number';

/**
 * Rows to sum up: `at, channel, direction, disposition, key` and the measures. Rollups where they have the answer,
 * single calls at the edges of the time asked for, so the sums are exact for any bounds. `at` may be off by less than
 * `longest`: the start of its day, hour or quarter of an hour in UTC.
 */
export function measured(scope: Scope, how: HowMeasured): SQL {
  const pieces = piecesOf(scope, scope, how).map(({ grain, span }) =>
    measuredPiece(scope, how.key, grain, span),
  );
  return sql.join(pieces, sql` union all `);
}

interface HowMeasured {
  readonly key?: KeyGroup | undefined;
  readonly longest: GrainMinutes;
}

interface Piece {
  /** Null: single calls. */
  readonly grain: GrainMinutes | null;
  readonly span: Span;
}

/** A span in pieces, each to be read in one way. */
export function piecesOf({ filter }: Scope, span: Span, { key, longest }: HowMeasured): Piece[] {
  const source = sourceOf(filter, key);
  const shortest = source?.parts.length === 2 ? shortestOfPairs : grains[0];
  if (source === undefined || longest < shortest) return [{ grain: null, span }];
  const { summed, edges } = segmentsOf(span, { shortest, longest });
  return [...summed, ...edges.map((edge) => ({ grain: null, span: edge }))];
}

/** Bounds that stand in another table of the statement are SQL. */
interface Bounds {
  readonly startAt?: Date | SQL | undefined;
  readonly endAt?: Date | SQL | undefined;
}

/** The rows of one piece. */
export function measuredPiece(
  scope: Scope,
  key: KeyGroup | undefined,
  grain: GrainMinutes | null,
  bounds: Bounds,
): SQL {
  const source = sourceOf(scope.filter, key);
  return grain === null || source === undefined
    ? rawCalls(scope, key, bounds)
    : rollups(scope, source, grain, bounds);
}

/** Whether there are sums of what is asked for. */
export const isSummedUp = ({ filter }: Scope, key: KeyGroup | undefined): boolean =>
  sourceOf(filter, key) !== undefined;

interface Source {
  readonly dimension: RollupDimension;
  /** What a key is made of, in this order; without a value it may be any, and is what is grouped by. */
  readonly parts: readonly { readonly name: string; readonly value: string | undefined }[];
  readonly key: KeyGroup | undefined;
}

/** The rollups that have the answer; undefined: none, it takes three dimensions. */
function sourceOf({ agentId, phoneNumber, campaignId }: CallFilter, key: KeyGroup | undefined) {
  const parts = [
    { name: 'campaign', value: campaignId },
    { name: 'agent', value: agentId },
    { name: 'number', value: phoneNumber },
  ].filter(({ name, value }) => value !== undefined || name === key);
  const name = parts.length === 0 ? 'all' : parts.map((part) => part.name).join('_');
  const dimension = rollupDimensions.find((one) => one === name);
  return dimension === undefined ? undefined : ({ dimension, parts, key } satisfies Source);
}

/** Ids and numbers have no spaces: a key of two is both with one in between. */
function keyCondition({ parts }: Source): SQL | undefined {
  const values = parts.map(({ value }) => value);
  if (!values.includes(undefined))
    return sql`key = ${sql.join(
      parts.length === 0 ? [sql`''`] : values.map((value) => sql`${value}::text`),
      sql` || ' ' || `,
    )}`;
  const conditions = values.map((value, at) => value && sql`split_part(key, ' ', ${at + 1}::int) = ${value}`);
  return and(...conditions.filter((one) => typeof one === 'object'));
}

function groupedKey({ parts, key }: Source): SQL {
  if (parts.length < 2) return sql`key`;
  return key === undefined
    ? sql`''`
    : sql`split_part(key, ' ', ${sql.raw(parts.findIndex(({ name }) => name === key) === 0 ? '1' : '2')})`;
}

function rollups({ workspaceId, filter }: Scope, source: Source, grain: GrainMinutes, span: Bounds): SQL {
  const { channel, direction, disposition, campaignId } = filter;
  const where = and(
    eq(callRollups.workspaceId, workspaceId),
    sql`${callRollups.dimension} = ${source.dimension}`,
    sql`${callRollups.grainMinutes} = ${grain}`,
    keyCondition(source),
    span.startAt && gte(callRollups.bucketAt, span.startAt),
    span.endAt && lt(callRollups.bucketAt, span.endAt),
    channel && eq(callRollups.channel, channel),
    direction && eq(callRollups.direction, direction),
    disposition && eq(callRollups.disposition, disposition),
    // The calls of a deleted campaign belong to none any more.
    campaignId === undefined
      ? undefined
      : sql`exists (select from ${campaigns} where ${campaigns.id} = ${campaignId} and ${campaigns.workspaceId} = ${workspaceId})`,
  );
  return sql`select bucket_at as at, channel, direction, disposition, ${groupedKey(source)} as key, ${measureColumns}
    from ${callRollups} where ${where}`;
}

function rawCalls({ workspaceId, filter }: Scope, key: KeyGroup | undefined, span: Bounds): SQL {
  const where = and(
    eq(calls.workspaceId, workspaceId),
    isNotNull(calls.finalizedAt),
    span.startAt && gte(calls.createdAt, span.startAt),
    span.endAt && lt(calls.createdAt, span.endAt),
    ...callConditions(filter),
  );
  const of = key === undefined ? sql`''` : key === 'agent' ? sql`${calls.agentId}::text` : lineOf;
  const columns = sql.join(
    measures.map((name) => sql`${measuresOf[name]} as ${sql.identifier(name)}`),
    sql`, `,
  );
  return sql`select ${calls.createdAt} as at, ${calls.channel} as channel, ${calls.direction} as direction,
    ${calls.disposition} as disposition, ${of} as key, ${columns} from ${calls} where ${where}`;
}

/** The same filter over calls themselves. */
export function callConditions(filter: CallFilter): SQL[] {
  const { channel, direction, agentId, phoneNumber, disposition, campaignId } = filter;
  return [
    channel && eq(calls.channel, channel),
    direction && eq(calls.direction, direction),
    agentId && eq(calls.agentId, agentId),
    phoneNumber && sql`${lineOf} = ${phoneNumber}`,
    disposition && eq(calls.disposition, disposition),
    campaignId && eq(calls.campaignId, campaignId),
  ].filter((condition) => typeof condition === 'object');
}
