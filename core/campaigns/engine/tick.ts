import { eq, sql } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { type Context, nowMs as clockOf } from '../../context.ts';
import { callPrices, openCosts } from './costs.ts';
import { type Lane, openLanes } from './lanes.ts';
import { advanceCampaigns } from './life.ts';
import { readMeters } from './meter.ts';
import { paceWindowMs } from './pace.ts';
import { type Pacer, trunkBucket } from './pacer.ts';
import { type Bottleneck, writePulse } from './pulse.ts';
import { type Reserved, reserveContacts } from './reserve.ts';
import { type Grant, share } from './share.ts';
import { type DialerLimits, type Survey, survey } from './survey.ts';
import { trunkEvidence } from './trunk-evidence.ts';
import { type Candidate, weigh } from './weigh.ts';

export interface TickOptions {
  readonly pacer: Pacer;
  readonly limits: DialerLimits;
  /** Left out: the moment it is for the context. */
  readonly nowMs?: number;
}

export interface Ticked {
  /** Calls that were placed. */
  readonly placed: number;
  readonly considered: number;
}

/**
 * One look of the dialer at every running campaign: what is free is shared out, people are taken and judged, calls are
 * placed. One process at a time; null: another one is at it. What it costs does not depend on how many people wait.
 */
export async function tick(ctx: Context, options: TickOptions): Promise<Ticked | null> {
  return ctx.services.db.transaction(async (tx) => {
    // Held for as long as this transaction, which does nothing else.
    const { rows } = await tx.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('dialer tick', 0)) as got`,
    );
    return rows[0]?.got ? look(ctx, options) : null;
  });
}

async function look(ctx: Context, { pacer, limits, nowMs = clockOf(ctx) }: TickOptions): Promise<Ticked> {
  await advanceCampaigns(ctx, { atMs: nowMs });
  const { db } = ctx.services;
  const running = await db.select().from(campaigns).where(eq(campaigns.status, 'running'));
  if (running.length === 0) return { placed: 0, considered: 0 };
  const ids = running.map(({ id }) => id);
  const meters = await readMeters(db, ids, nowMs);
  const prices = await callPrices(db, running);
  const open = await openCosts(db, ids);
  const seen = await survey(ctx, running, limits);
  const evidence = await trunkEvidence(db, ids, { sinceMs: nowMs - paceWindowMs, nowMs });
  const lanes = await openLanes(seen, evidence, pacer, nowMs);
  const candidates: Candidate[] = [];
  for (const campaign of running) {
    const meter = meters.get(campaign.id) ?? { liveAnswered: 0, abandoned: 0, costMicros: 0 };
    const price = prices.get(campaign.id) ?? 0;
    candidates.push(
      await weigh(ctx, { campaign, meter, price, open: open.get(campaign.id) ?? 0, seen, pacer, nowMs }),
    );
  }
  const grants = share(
    candidates.map(({ want }) => want),
    {
      fleet: seen.freeSlots,
      workspaces: new Map(
        running.map(({ workspaceId }) => [
          workspaceId,
          limits.workspaceCalls - (seen.byWorkspace.get(workspaceId) ?? 0),
        ]),
      ),
      trunks: new Map([...lanes].map(([id, { room }]) => [id, room])),
    },
  );
  let [placed, considered] = [0, 0];
  for (const candidate of candidates) {
    const grant = grants.get(candidate.campaign.id);
    if (!grant) continue;
    const reserved = await serve(ctx, candidate, grant, { seen, lanes, nowMs });
    const calls = sum(reserved.placed.values());
    if (candidate.bucket) await pacer.giveBack(candidate.bucket.name, candidate.bucket.tokens - calls);
    for (const [trunk, count] of reserved.placed) {
      const lane = lanes.get(`${candidate.campaign.workspaceId} ${trunk}`);
      if (lane) lane.left -= count;
    }
    placed += calls;
    considered += reserved.considered;
  }
  for (const [id, { left, tokens }] of lanes)
    if (tokens > 0) await pacer.giveBack(trunkBucket(id), Math.min(tokens, Math.max(0, left)));
  return { placed, considered };
}

interface Round {
  readonly seen: Survey;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly nowMs: number;
}

async function serve(
  ctx: Context,
  { campaign, own, price, want }: Candidate,
  grant: Grant,
  { seen, lanes, nowMs }: Round,
): Promise<Reserved> {
  const trunks = seen.trunksOf.get(campaign.id) ?? [];
  const slots = Object.fromEntries(trunks.map(({ id, trunk }) => [trunk, grant.trunks.get(id) ?? 0]));
  const reserved = await reserveContacts(ctx, {
    ...{ campaignId: campaign.id, slots, costMicros: price, atMs: nowMs },
  });
  const laneLimits = trunks.map(({ id }) => lanes.get(id)?.limit);
  const shared: Bottleneck =
    grant.limit === 'trunk' && laneLimits.every((limit) => limit === 'rate') ? 'rate' : grant.limit;
  await writePulse(
    ctx.services.db,
    campaign.id,
    {
      bottleneck: bottleneckOf({ own, shared, grant, reserved, active: want.active }),
      pace: Math.min(1, ...trunks.map(({ id }) => lanes.get(id)?.pace ?? 1)),
      ...{ callable: reserved.callable, opensAtMs: reserved.opensAtMs },
    },
    nowMs,
  );
  return reserved;
}

function bottleneckOf(given: {
  readonly own: Bottleneck;
  readonly shared: Bottleneck;
  readonly grant: Grant;
  readonly reserved: Reserved;
  readonly active: number;
}): Bottleneck {
  const { own, shared, grant, reserved, active } = given;
  if (reserved.opensAtMs !== null) return 'windows';
  // Whoever did not use what it got is held back by nothing but its people.
  if (grant.total > 0 && sum(reserved.placed.values()) < grant.total)
    return reserved.callable > 0 ? 'retries' : active > 0 ? 'people' : 'none';
  return shared === 'none' ? own : shared;
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, one) => all + one, 0);
