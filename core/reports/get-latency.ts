import { and, eq, gte, lte, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { turnLatencies as turns } from '../../db/schema/turn-latencies.ts';
import type { WorkspaceContext } from '../context.ts';
import { trunkKey } from '../numbers/trunk-key.ts';
import { operation } from '../operation.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import { type WorstTurn, worstTurns } from './worst-turns.ts';

/** The parts of a turn in the order of its waterfall; `total` is what the caller feels. */
export const latencyParts = ['total', 'transcription', 'endOfTurn', 'llmFirstToken', 'ttsFirstByte'] as const;
export type LatencyPart = (typeof latencyParts)[number];
export type LatencyOf = { readonly [P in LatencyPart]: Percentiles };

const columns = {
  total: turns.totalMs,
  transcription: turns.transcriptionMs,
  endOfTurn: turns.endOfTurnMs,
  llmFirstToken: turns.llmFirstTokenMs,
  ttsFirstByte: turns.ttsFirstByteMs,
} as const;

export const latencyGroups = ['agent', 'number', 'trunk', 'stt', 'llm', 'tts'] as const;
const groupColumns = {
  agent: turns.agentId,
  number: turns.phoneNumberId,
  // Its numbers are counted one by one and put together afterwards (`ofTrunks`).
  trunk: turns.phoneNumberId,
  stt: turns.sttProvider,
  llm: turns.llmProvider,
  tts: turns.ttsProvider,
} as const;

/** The report of a workspace looks this far back when nobody says how far. */
const defaultSpanMs = 7 * 86_400_000;

const input = z
  .object({
    /** Turns in this span of time, both ends included. Left out: the last seven days. */
    startAt: z.date().optional(),
    endAt: z.date().optional(),
    agentId: z.uuid().optional(),
    /** E.164; its trunk is what is compared. */
    phoneNumber: z.string().optional(),
    sttProvider: z.string().optional(),
    llmProvider: z.string().optional(),
    ttsProvider: z.string().optional(),
    groupBy: z.enum(latencyGroups).optional(),
    /** How many of the slowest turns are shown. */
    worst: z.number().int().min(0).max(100).default(10),
  })
  .refine(({ startAt, endAt }) => !startAt || !endAt || startAt <= endAt, {
    path: ['endAt'],
    message: 'must not be before the start',
  });

export interface LatencyGroup {
  /**
   * Id of the agent or number, the trunk's or provider's name; null: turns of web calls, or of a number that is gone.
   */
  readonly key: string | null;
  /** As people know it. */
  readonly name: string | null;
  readonly latency: LatencyOf;
}

export interface LatencyReport {
  readonly startAt: Date;
  readonly endAt: Date;
  readonly latency: LatencyOf;
  /** By their number of turns; empty without `groupBy`. */
  readonly groups: readonly LatencyGroup[];
  readonly worst: readonly WorstTurn[];
}

/** Percentiles of the turns of a workspace and of their parts, and the slowest turns with theirs. */
export const getLatency = operation({
  name: 'report.get_latency',
  scope: 'member',
  input,
  reads: true,
  run: async (ctx, { groupBy, worst, ...filter }): Promise<LatencyReport> => {
    const endAt = filter.endAt ?? new Date();
    const startAt = filter.startAt ?? new Date(endAt.getTime() - defaultSpanMs);
    const where = conditions(ctx.workspaceId, { ...filter, startAt, endAt });
    const counted = await histograms(ctx, where, groupBy);
    const rows = groupBy === 'trunk' ? await ofTrunks(ctx, counted) : counted;
    const keys = groupBy === undefined ? [] : [...new Set(rows.map((row) => row.key))];
    const names = await namesOf(ctx, groupBy);
    const groups = keys.map((key) => ({
      key,
      name: key === null ? null : (names.get(key) ?? null),
      latency: latencyOf(rows.filter((row) => row.key === key)),
    }));
    return {
      ...{ startAt, endAt, latency: latencyOf(rows) },
      groups: groups.sort((a, b) => b.latency.total.count - a.latency.total.count),
      worst: worst === 0 ? [] : await worstTurns(ctx, where, worst),
    };
  },
});

type Filter = Omit<z.output<typeof input>, 'groupBy' | 'worst'> & { startAt: Date; endAt: Date };

function conditions(workspaceId: string, filter: Filter): SQL | undefined {
  const { startAt, endAt, agentId, phoneNumber, sttProvider, llmProvider, ttsProvider } = filter;
  return and(
    eq(turns.workspaceId, workspaceId),
    gte(turns.at, startAt),
    lte(turns.at, endAt),
    agentId === undefined ? undefined : eq(turns.agentId, agentId),
    phoneNumber === undefined
      ? undefined
      : sql`${turns.phoneNumberId} in (select ${phoneNumbers.id} from ${phoneNumbers}
          where ${phoneNumbers.e164} = ${phoneNumber} and ${phoneNumbers.workspaceId} = ${workspaceId})`,
    sttProvider === undefined ? undefined : eq(turns.sttProvider, sttProvider),
    llmProvider === undefined ? undefined : eq(turns.llmProvider, llmProvider),
    ttsProvider === undefined ? undefined : eq(turns.ttsProvider, ttsProvider),
  );
}

interface Bar {
  readonly part: LatencyPart;
  readonly key: string | null;
  readonly ms: number;
  readonly times: number;
}

/**
 * How often each number of milliseconds was measured, part by part, in one pass over the turns. Counting instead of
 * sorting: a million turns have a few thousand different values.
 */
async function histograms(
  ctx: WorkspaceContext,
  where: SQL | undefined,
  groupBy: (typeof latencyGroups)[number] | undefined,
): Promise<Bar[]> {
  const key = groupBy === undefined ? sql`null::text` : sql`${groupColumns[groupBy]}`;
  const sets = latencyParts.map((part) => sql`(key, ${sql.identifier(part)})`);
  const values = latencyParts.map((part) => sql`${columns[part]} as ${sql.identifier(part)}`);
  const number = sql.join(
    latencyParts.map(
      (part, at) => sql`when grouping(${sql.identifier(part)}) = 0 then ${sql.raw(String(at))}`,
    ),
    sql` `,
  );
  const { rows } = await ctx.db.execute<{ part: number; key: string | null; ms: number; times: string }>(sql`
    select case ${number} end as part, key::text as key,
      coalesce(${sql.join(
        latencyParts.map((part) => sql.identifier(part)),
        sql`, `,
      )}) as ms,
      count(*) as times
    from (select ${key} as key, ${sql.join(values, sql`, `)} from ${turns} where ${where}) as measured
    group by grouping sets (${sql.join(sets, sql`, `)})`);
  return rows.flatMap(({ part, key: of, ms, times }) => {
    const name = latencyParts[part];
    return name === undefined || ms === null ? [] : [{ part: name, key: of, ms, times: Number(times) }];
  });
}

/** The same bars under their trunks: numbers with the same SIP address and user share one. */
async function ofTrunks(ctx: WorkspaceContext, bars: readonly Bar[]): Promise<Bar[]> {
  const numbers = await ctx.db
    .select()
    .from(phoneNumbers)
    .where(eq(phoneNumbers.workspaceId, ctx.workspaceId));
  const trunks = new Map<string | null, string>(numbers.map((number) => [number.id, trunkKey(number)]));
  return bars.map((bar) => ({ ...bar, key: trunks.get(bar.key) || null }));
}

function latencyOf(bars: readonly Bar[]): LatencyOf {
  const of = (part: LatencyPart): Percentiles => {
    const histogram = new Map<number, number>();
    for (const bar of bars)
      if (bar.part === part) histogram.set(bar.ms, (histogram.get(bar.ms) ?? 0) + bar.times);
    return percentilesOf(histogram);
  };
  return {
    total: of('total'),
    transcription: of('transcription'),
    endOfTurn: of('endOfTurn'),
    llmFirstToken: of('llmFirstToken'),
    ttsFirstByte: of('ttsFirstByte'),
  };
}

/** Names of the workspace's agents or numbers; a trunk or provider is its own name. */
async function namesOf(
  ctx: WorkspaceContext,
  groupBy: (typeof latencyGroups)[number] | undefined,
): Promise<{ get(key: string): string | undefined }> {
  if (groupBy === 'agent') {
    const rows = await ctx.db
      .select({ id: agents.id, name: agents.name })
      .from(agents)
      .where(eq(agents.workspaceId, ctx.workspaceId));
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
  if (groupBy === 'number') {
    const rows = await ctx.db
      .select({ id: phoneNumbers.id, name: phoneNumbers.e164 })
      .from(phoneNumbers)
      .where(eq(phoneNumbers.workspaceId, ctx.workspaceId));
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
  return { get: (key) => key };
}
