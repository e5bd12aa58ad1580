import { and, desc, eq, gt, lte, min, ne, sql } from 'drizzle-orm';
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
import { readWaiting } from './engine/due-contacts.ts';
import { readMeter } from './engine/meter.ts';
import type { Bottleneck } from './engine/pulse.ts';
import { rulesOf } from './engine/rules-of.ts';
import { type Estimate, estimate } from './estimate.ts';
import { abandonState, placeOfKey, type Reason } from './rules/index.ts';

const minuteMs = 60_000;
/** The rate is that of the last five minutes, or of as many as it has called for. */
const rateWindowMs = 5 * minuteMs;
const freshMs = 15_000;
/** Calls will go on as they did. */
const resting: ReadonlySet<Bottleneck> = new Set(['windows', 'retries']);
const mostCounted = 10_000;
const finalReasons: readonly Reason[] = [
  ...(['zone_unknown', 'own_number', 'consent_denied', 'consent_missing', 'do_not_call'] as const),
  ...(['cap_total', 'never_open'] as const),
];

export interface CampaignProgress {
  readonly campaign: Campaign;
  readonly contacts: Readonly<Record<ContactState, number>> & { readonly total: number };
  /** Why those who are blocked are, each counted up to mostCounted. */
  readonly blockedBy: Readonly<Partial<Record<Reason, number>>>;
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
  const { contacts, place } = await contactsOf(db, campaign.id);
  const blockedBy = contacts.blocked === 0 ? {} : await blockedByOf(db, campaign.id);
  const live = await liveOf(db, campaign.id);
  const meter = await readMeter(db, campaign.id, nowMs);
  const attemptsPerMinute = await rateOf(db, campaign.id, nowMs);
  const fresh = pulse && nowMs - pulse.at.getTime() < freshMs ? pulse : undefined;
  const running = campaign.status === 'running';
  const bottleneck = running ? ((fresh?.bottleneck ?? 'none') as Bottleneck) : 'status';
  const calls = await totalsOf(db, campaign.id);
  return {
    ...{ campaign, contacts, blockedBy, live, calls, attemptsPerMinute, bottleneck },
    abandon: {
      ...{ liveAnswered: meter.liveAnswered, abandoned: meter.abandoned, state: abandonState(meter) },
      share: meter.liveAnswered === 0 ? 0 : meter.abandoned / meter.liveAnswered,
    },
    pace: running ? (fresh?.pace ?? null) : null,
    estimate: estimate({
      ...{ status: campaign.status, bottleneck, nowMs, place, rules: rulesOf(campaign) },
      ...{ startsAt: campaign.startsAt, endsAt: campaign.endsAt },
      attemptsPerMinute:
        attemptsPerMinute > 0 || !resting.has(bottleneck)
          ? attemptsPerMinute
          : await lastRateOf(db, campaign.id),
      lastDueAt: running ? await lastDueOf(db, campaign.id) : null,
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
  let most = { windowKey: '', count: 0 };
  for (const { state, windowKey, count } of await countContacts(db, campaignId)) {
    counts[state] += count;
    total += count;
    if (state === 'waiting' && count > most.count) most = { windowKey, count };
  }
  const place = placeOfKey(most.windowKey);
  return { contacts: { ...counts, total }, place: place.zones.length === 0 ? null : place };
}

/** By the index of those who are blocked; bounded, because there may be a million of them. */
async function blockedByOf(db: OperationContext['db'], campaignId: string) {
  const { rows } = await db.execute<{ reason: Reason; count: string }>(sql`
    select reason, blocked.count from unnest(${sql.param(finalReasons)}::text[]) as reason
    cross join lateral (
      select count(*) as count from (
        select from contacts where campaign_id = ${campaignId} and state = 'blocked' and blocked_reason = reason
        limit ${mostCounted}) as found) as blocked
    where blocked.count > 0`);
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, Number(count)]));
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
    .select({ count: sql<string>`count(*)`, first: min(attempts.createdAt) })
    .from(attempts)
    .where(
      and(
        eq(attempts.campaignId, campaignId),
        lte(attempts.createdAt, new Date(nowMs)),
        gt(attempts.createdAt, new Date(nowMs - rateWindowMs)),
        // What was taken back brings nobody nearer.
        ne(attempts.state, 'withdrawn'),
      ),
    );
  // It may have begun, or its window opened, a minute ago.
  const spanMs = Math.max(minuteMs, nowMs - (row?.first?.getTime() ?? nowMs));
  return (Number(row?.count ?? 0) * minuteMs) / spanMs;
}

/** When it last called. */
async function lastRateOf(db: OperationContext['db'], campaignId: string): Promise<number> {
  const [last] = await db
    .select({ at: attempts.createdAt })
    .from(attempts)
    .where(and(eq(attempts.campaignId, campaignId), ne(attempts.state, 'withdrawn')))
    .orderBy(desc(attempts.createdAt))
    .limit(1);
  return last ? rateOf(db, campaignId, last.at.getTime() + 1) : 0;
}

/** By the index of those who wait, one look for each group. */
async function lastDueOf(db: OperationContext['db'], campaignId: string): Promise<Date | null> {
  const groups = await readWaiting(db, campaignId);
  if (groups.length === 0) return null;
  const { rows } = await db.execute<{ at: string | null }>(sql`
    select extract(epoch from max(due.next_attempt_at)) * 1000 as at
    from unnest(${sql.param(groups.map(({ key }) => key))}::text[],
      ${sql.param(groups.map(({ priority }) => priority))}::smallint[]) as waiting(key, priority)
    cross join lateral (
      select next_attempt_at from contacts
      where campaign_id = ${campaignId} and window_key = waiting.key and priority = waiting.priority
        and state = 'waiting' order by next_attempt_at desc limit 1) as due`);
  const at = rows[0]?.at ?? null;
  return at === null ? null : new Date(Number(at));
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
