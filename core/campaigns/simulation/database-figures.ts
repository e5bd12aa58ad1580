import { eq, sql } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { countContacts } from '../../contacts/counts.ts';
import { readMeter } from '../engine/meter.ts';
import { judgeRange } from '../ledger/index.ts';
import type { Prepared } from './prepare.ts';
import { type Figures, judging, type Ran } from './report.ts';

/** Counted in the database and judged from its ledger. */
export async function databaseFigures(prepared: Prepared, ran: Ran): Promise<Figures> {
  const { db } = prepared.ctx.services;
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, prepared.campaignId));
  if (!campaign) throw new Error('The campaign of a simulation is gone.');
  const { status, statusReason, currency } = campaign;
  return {
    ...{ status, statusReason, currency },
    ...(await readMeter(db, campaign.id, ran.endMs)),
    states: await statesOf(prepared),
    outcomes: await attemptsBy(prepared, 'ended'),
    ...{ blocked: await blockedBy(prepared), withdrawn: await attemptsBy(prepared, 'withdrawn') },
    talkMs: await talkOf(prepared),
    judged: await judge(prepared, ran),
  };
}

async function judge({ ctx, campaignId }: Prepared, ran: Ran): Promise<Figures['judged']> {
  const { range, found, violations } = judging(ran);
  const { decisions, calls } = await judgeRange(ctx.services.db, { ...range, campaignId }, found);
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

async function blockedBy({ ctx, campaignId }: Prepared): Promise<Figures['blocked']> {
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
