import type { Campaign } from '../campaign.ts';
import { type Lane, openLanes } from './lanes.ts';
import type { Meter } from './meter.ts';
import { type PaceEvidence, paceWindowMs } from './pace.ts';
import { type Pacer, trunkBucket } from './pacer.ts';
import type { Reserved, Turn } from './placing.ts';
import type { Bottleneck, Pulse } from './pulse.ts';
import { type Grant, share } from './share.ts';
import type { DialerLimits, Survey } from './survey.ts';
import { type Candidate, weigh } from './weigh.ts';

/** What a look of the dialer reads and writes: in the product PostgreSQL (tick.ts), in a simulation memory. */
export interface LookBooks {
  /** Begins and ends campaigns whose time has come. */
  advance(nowMs: number): Promise<void>;
  running(): Promise<readonly Campaign[]>;
  meters(ids: readonly string[], nowMs: number): Promise<ReadonlyMap<string, Meter>>;
  /** What a call may cost at most, by campaign. */
  prices(running: readonly Campaign[]): Promise<ReadonlyMap<string, number>>;
  /** Set aside for calls that are on, by campaign. */
  openCosts(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  survey(running: readonly Campaign[], limits: DialerLimits): Promise<Survey>;
  evidence(
    ids: readonly string[],
    since: { readonly sinceMs: number; readonly nowMs: number },
  ): Promise<ReadonlyMap<string, PaceEvidence>>;
  /** A campaign that must not go on. */
  halt(campaignId: string, reason: string): Promise<void>;
  reserve(turn: Turn): Promise<Reserved>;
  pulse(campaignId: string, pulse: Pulse, nowMs: number): Promise<void>;
}

export interface LookOptions {
  readonly pacer: Pacer;
  readonly limits: DialerLimits;
  readonly nowMs: number;
}

export interface Ticked {
  /** Calls that were placed. */
  readonly placed: number;
  readonly considered: number;
}

/** One look of the dialer: what is free is shared out, people are taken and judged, calls are placed. */
export async function look(books: LookBooks, { pacer, limits, nowMs }: LookOptions): Promise<Ticked> {
  await books.advance(nowMs);
  const running = await books.running();
  if (running.length === 0) return { placed: 0, considered: 0 };
  const ids = running.map(({ id }) => id);
  const [meters, prices, open, seen, evidence] = await Promise.all([
    books.meters(ids, nowMs),
    books.prices(running),
    books.openCosts(ids),
    books.survey(running, limits),
    books.evidence(ids, { sinceMs: nowMs - paceWindowMs, nowMs }),
  ]);
  const lanes = await openLanes(seen, evidence, pacer, nowMs);
  const candidates: Candidate[] = [];
  for (const campaign of running) {
    const meter = meters.get(campaign.id) ?? { liveAnswered: 0, abandoned: 0, costMicros: 0 };
    const price = prices.get(campaign.id) ?? 0;
    candidates.push(
      await weigh(books, { campaign, meter, price, open: open.get(campaign.id) ?? 0, seen, pacer, nowMs }),
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
    const reserved = await serve(books, candidate, grant, { seen, lanes, nowMs });
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
  books: LookBooks,
  { campaign, own, price, want }: Candidate,
  grant: Grant,
  { seen, lanes, nowMs }: Round,
): Promise<Reserved> {
  const trunks = seen.trunksOf.get(campaign.id) ?? [];
  const slots = Object.fromEntries(trunks.map(({ id, trunk }) => [trunk, grant.trunks.get(id) ?? 0]));
  const reserved = await books.reserve({ campaignId: campaign.id, slots, costMicros: price, atMs: nowMs });
  const laneLimits = trunks.map(({ id }) => lanes.get(id)?.limit);
  const shared: Bottleneck =
    grant.limit === 'trunk' && laneLimits.every((limit) => limit === 'rate') ? 'rate' : grant.limit;
  await books.pulse(
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
  if (grant.total > 0 && reserved.blind && reserved.callable === 0) return 'registry';
  if (grant.total > 0 && sum(reserved.placed.values()) < grant.total)
    return reserved.callable > 0 ? 'retries' : active > 0 ? 'people' : 'none';
  return shared === 'none' ? own : shared;
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, one) => all + one, 0);
