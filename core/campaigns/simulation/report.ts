import { eq, sql } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { countContacts } from '../../contacts/counts.ts';
import { readMeter } from '../engine/meter.ts';
import { judgeRange, type Violation } from '../ledger/index.ts';
import type { Prepared } from './prepare.ts';
import type { SimulationSettings } from './settings.ts';

/** What a simulation came to. Everything but `tookMs` follows from the settings. */
export interface CampaignReport {
  readonly seed: string;
  readonly contacts: number;
  readonly startedAt: string;
  /** When nobody was left, or the campaign was halted; null: the days were over before. */
  readonly finishedAt: string | null;
  readonly status: string;
  readonly statusReason: string;
  readonly stepMs: number;
  /** Contacts by state at the end. */
  readonly states: Readonly<Record<string, number>>;
  /** INVITEs. */
  readonly dialed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls that the rules did not allow, by the reason in the ledger: decisions, and people. */
  readonly blocked: readonly {
    readonly reason: string;
    readonly decisions: number;
    readonly people: number;
  }[];
  /** Attempts that were placed and taken back before anything rang, by reason. */
  readonly withdrawn: Readonly<Record<string, number>>;
  readonly peakConcurrency: number;
  readonly talkMs: number;
  readonly costMicros: number;
  readonly currency: string;
  readonly liveAnswered: number;
  readonly abandoned: number;
  readonly abandonShare: number;
  readonly judged: {
    readonly decisions: number;
    readonly calls: number;
    readonly violations: readonly Violation[];
  };
  readonly tookMs: {
    readonly prepare: number;
    readonly play: number;
    readonly judge: number;
    readonly all: number;
  };
}

interface Ran {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly peak: number;
}

/** At most this many violations are told one by one. */
const mostViolations = 1_000;

export async function reportOf(
  prepared: Prepared,
  settings: SimulationSettings,
  ran: Ran,
): Promise<Omit<CampaignReport, 'tookMs'>> {
  const { db } = prepared.ctx.services;
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, prepared.campaignId));
  if (!campaign) throw new Error('The campaign of a simulation is gone.');
  const meter = await readMeter(db, campaign.id, ran.endMs);
  const outcomes = await attemptsBy(prepared, 'ended');
  return {
    ...{ seed: settings.seed, contacts: settings.contacts, stepMs: ran.stepMs, peakConcurrency: ran.peak },
    ...{ status: campaign.status, statusReason: campaign.statusReason, currency: campaign.currency },
    startedAt: new Date(ran.startMs).toISOString(),
    finishedAt: campaign.status === 'running' ? null : new Date(ran.endMs).toISOString(),
    states: await statesOf(prepared),
    ...{ outcomes, dialed: Object.values(outcomes).reduce((sum, count) => sum + count, 0) },
    ...{ blocked: await blockedBy(prepared), withdrawn: await attemptsBy(prepared, 'withdrawn') },
    talkMs: await talkOf(prepared),
    ...meter,
    abandonShare: meter.liveAnswered === 0 ? 0 : meter.abandoned / meter.liveAnswered,
    judged: await judge(prepared, ran),
  };
}

async function judge({ ctx, campaignId }: Prepared, { startMs, endMs }: Ran) {
  const violations: Violation[] = [];
  const range = { from: new Date(startMs), to: new Date(endMs + 60_000), campaignId };
  const { decisions, calls } = await judgeRange(ctx.services.db, range, (violation) => {
    if (violations.length < mostViolations) violations.push(violation);
  });
  return { decisions, calls, violations };
}

async function statesOf({ ctx, campaignId }: Prepared): Promise<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state, count } of await countContacts(ctx.services.db, campaignId))
    states[state] = (states[state] ?? 0) + count;
  return states;
}

async function attemptsBy(
  { ctx, campaignId }: Prepared,
  state: 'ended' | 'withdrawn',
): Promise<Record<string, number>> {
  const { rows } = await ctx.services.db.execute<{ outcome: string; count: string }>(sql`
    select outcome, count(*) from attempts where campaign_id = ${campaignId} and state = ${state}
    group by outcome order by outcome`);
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, Number(count)]));
}

async function blockedBy({ ctx, campaignId }: Prepared): Promise<CampaignReport['blocked']> {
  const { rows } = await ctx.services.db.execute<{ reason: string; decisions: string; people: string }>(sql`
    select reason, count(*) as decisions, count(distinct contact_id) as people from decisions
    where campaign_id = ${campaignId} and stage <> 'list' and not allowed group by reason order by reason`);
  return rows.map(({ reason, decisions, people }) => ({
    ...{ reason, decisions: Number(decisions), people: Number(people) },
  }));
}

async function talkOf({ ctx, campaignId }: Prepared): Promise<number> {
  const { rows } = await ctx.services.db.execute<{ talk: string | null }>(
    sql`select sum(talk_ms) as talk from campaign_days where campaign_id = ${campaignId}`,
  );
  return Number(rows[0]?.talk ?? 0);
}
