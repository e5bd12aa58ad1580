import { and, eq, gt, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaignPulses } from '../../db/schema/campaign-pulses.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import type { ContactState } from '../../db/schema/contacts.ts';
import { countContacts } from '../contacts/counts.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Campaign, findCampaign } from './campaign.ts';
import { readMeter } from './engine/meter.ts';
import type { Bottleneck } from './engine/pulse.ts';
import { type Estimate, estimate } from './estimate.ts';
import { abandonState } from './rules/index.ts';

const minuteMs = 60_000;
/** The rate is that of the last five minutes. */
const rateWindowMs = 5 * minuteMs;
const freshMs = 15_000;

export interface CampaignProgress {
  readonly campaign: Campaign;
  readonly contacts: Readonly<Record<ContactState, number>> & { readonly total: number };
  /** Calls that are on, by status of the call. */
  readonly live: { readonly queued: number; readonly dialing: number; readonly active: number };
  /** Ever. */
  readonly calls: Totals;
  readonly abandon: {
    readonly liveAnswered: number;
    readonly abandoned: number;
    /** 0 to 1, over 30 days. */
    readonly share: number;
    readonly state: 'ok' | 'slow' | 'stop';
  };
  readonly bottleneck: Bottleneck;
  /** Of full speed, 0 to 1; null while it does not run. */
  readonly pace: number | null;
  readonly attemptsPerMinute: number;
  readonly estimate: Estimate;
}

export interface Totals {
  readonly dialed: number;
  readonly answered: number;
  readonly busy: number;
  readonly noAnswer: number;
  readonly voicemail: number;
  readonly failed: number;
  readonly transferred: number;
  readonly optedOut: number;
  readonly talkMs: number;
  readonly costMicros: number;
}

/** How far a campaign is, what holds it back, and when it will be done. Reads sums, never the contacts. */
export const getCampaignStatus = operation({
  name: 'campaign.status',
  scope: 'member',
  input: z.object({ campaign: z.string() }),
  reads: true,
  run: async (ctx, { campaign }): Promise<CampaignProgress> =>
    progressOf(ctx.db, await findCampaign(ctx, campaign)),
});

/** The same for anyone who knows the slug: document 002 asks for it without a sign-in. */
export const getPublicStatus = operation({
  name: 'campaign.public_status',
  scope: 'public',
  input: z.object({ slug: z.string() }),
  reads: true,
  run: async (ctx, { slug }): Promise<CampaignProgress> => {
    const [campaign] = await ctx.db.select().from(campaigns).where(eq(campaigns.slug, slug));
    if (!campaign) throw notFound('Campaign');
    return progressOf(ctx.db, campaign);
  },
});

export async function progressOf(db: OperationContext['db'], campaign: Campaign): Promise<CampaignProgress> {
  const nowMs = Date.now();
  const [pulse] = await db.select().from(campaignPulses).where(eq(campaignPulses.campaignId, campaign.id));
  const contacts = await contactsOf(db, campaign.id);
  const live = await liveOf(db, campaign.id);
  const meter = await readMeter(db, campaign.id, nowMs);
  const attemptsPerMinute = await rateOf(db, campaign.id, nowMs);
  const fresh = pulse && nowMs - pulse.at.getTime() < freshMs ? pulse : undefined;
  const running = campaign.status === 'running';
  const bottleneck = running ? ((fresh?.bottleneck ?? 'none') as Bottleneck) : 'status';
  const calls = await totalsOf(db, campaign.id);
  return {
    ...{ campaign, contacts, live, calls, attemptsPerMinute, bottleneck },
    abandon: {
      ...{ liveAnswered: meter.liveAnswered, abandoned: meter.abandoned, state: abandonState(meter) },
      share: meter.liveAnswered === 0 ? 0 : meter.abandoned / meter.liveAnswered,
    },
    pace: running ? (fresh?.pace ?? null) : null,
    estimate: estimate({
      ...{ status: campaign.status, bottleneck, attemptsPerMinute, nowMs, startsAt: campaign.startsAt },
      waiting: contacts.waiting,
      inHand: contacts.reserved + contacts.dialing,
      closed: contacts.done + contacts.exhausted,
      dialed: calls.dialed,
      opensAt: fresh?.opensAt ?? null,
    }),
  };
}

async function contactsOf(db: OperationContext['db'], campaignId: string) {
  const counts = { waiting: 0, reserved: 0, dialing: 0, done: 0, exhausted: 0, blocked: 0, canceled: 0 };
  let total = 0;
  for (const { state, count } of await countContacts(db, campaignId)) {
    counts[state] += count;
    total += count;
  }
  return { ...counts, total };
}

async function liveOf(db: OperationContext['db'], campaignId: string) {
  const rows = await db
    .select({ status: calls.status, count: sql<string>`count(*)` })
    .from(attempts)
    .innerJoin(calls, eq(calls.id, attempts.id))
    .where(and(eq(attempts.campaignId, campaignId), sql`${attempts.state} in ('reserved', 'dialing')`))
    .groupBy(calls.status);
  const of = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0);
  return { queued: of('queued'), dialing: of('dialing') + of('ringing'), active: of('active') };
}

async function rateOf(db: OperationContext['db'], campaignId: string, nowMs: number): Promise<number> {
  const [row] = await db
    .select({ count: sql<string>`count(*)` })
    .from(attempts)
    .where(
      and(
        eq(attempts.campaignId, campaignId),
        gt(attempts.createdAt, new Date(nowMs - rateWindowMs)),
        // What was taken back brings nobody nearer.
        ne(attempts.state, 'withdrawn'),
      ),
    );
  return (Number(row?.count ?? 0) * minuteMs) / rateWindowMs;
}

async function totalsOf(db: OperationContext['db'], campaignId: string): Promise<Totals> {
  const { rows } = await db.execute<Record<string, string | null>>(sql`
    select sum(dialed) as dialed, sum(answered) as answered, sum(busy) as busy, sum(no_answer) as "noAnswer",
      sum(voicemail) as voicemail, sum(failed) as failed, sum(transferred) as transferred,
      sum(opted_out) as "optedOut", sum(talk_ms) as "talkMs", sum(cost_micros) as "costMicros"
    from campaign_days where campaign_id = ${campaignId}`);
  const of = (name: keyof Totals) => Number(rows[0]?.[name] ?? 0);
  return {
    ...{ dialed: of('dialed'), answered: of('answered'), busy: of('busy'), noAnswer: of('noAnswer') },
    ...{ voicemail: of('voicemail'), failed: of('failed'), transferred: of('transferred') },
    ...{ optedOut: of('optedOut'), talkMs: of('talkMs'), costMicros: of('costMicros') },
  };
}
