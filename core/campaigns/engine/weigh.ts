import type { Campaign } from '../campaign.ts';
import { abandonState } from '../rules/index.ts';
import type { Meter } from './meter.ts';
import { burstSeconds, type Pacer } from './pacer.ts';
import type { Bottleneck } from './pulse.ts';
import type { Want } from './share.ts';
import type { Survey } from './survey.ts';

/** At most this many calls of one campaign in one look, so that a transaction stays short. */
const mostAtOnce = 500;
/** Near the limit of abandoned calls: half the speed. */
const careful = 0.5;

export interface Candidate {
  readonly campaign: Campaign;
  readonly want: Want;
  /** What holds it back before anything is shared. */
  readonly own: Bottleneck;
  /** Set aside for each call. */
  readonly price: number;
  readonly bucket: { readonly name: string; readonly tokens: number } | null;
}

interface Weighing {
  readonly campaign: Campaign;
  readonly meter: Meter;
  readonly price: number;
  /** Set aside for calls that are on. */
  readonly open: number;
  readonly seen: Survey;
  readonly pacer: Pacer;
  readonly nowMs: number;
}

/** What a campaign may want by its own limits; one that must not go on is halted. */
export async function weigh(
  books: { halt(campaignId: string, reason: string): Promise<void> },
  { campaign, meter, price, open, seen, pacer, nowMs }: Weighing,
): Promise<Candidate> {
  const { id, workspaceId, weight, budgetMicros } = campaign;
  const active = seen.byCampaign.get(id) ?? 0;
  const trunks = (seen.trunksOf.get(id) ?? []).map((trunk) => trunk.id);
  const base = { id, workspaceId, weight, active, trunks };
  const none = (own: Bottleneck): Candidate => ({
    ...{ campaign, own, price, bucket: null },
    want: { ...base, most: 0 },
  });
  const abandoned = abandonState(meter);
  if (abandoned === 'stop') {
    await books.halt(id, 'Of the people who answered in the last 30 days, 3 % heard nobody.');
    return none('abandonment');
  }
  const left = budgetMicros === null ? mostAtOnce : affordable(budgetMicros - meter.costMicros - open, price);
  if (left <= 0) {
    // What is set aside for calls that are on may come back.
    if (active === 0) await books.halt(id, wordsOfBudget(campaign, meter));
    return none('budget');
  }
  if (trunks.length === 0) return none('trunk');
  const limits = abandoned === 'slow' ? slowed(campaign, seen) : campaign;
  const room = (limits.maxConcurrency ?? Number.POSITIVE_INFINITY) - active;
  if (room <= 0) return none(abandoned === 'slow' ? 'abandonment' : 'campaign');
  const wanted = Math.min(mostAtOnce, left, room);
  const perSecond = limits.callsPerSecond;
  if (perSecond === null)
    return {
      ...{ campaign, own: wanted === left ? 'budget' : 'none', price, bucket: null },
      want: { ...base, most: wanted },
    };
  const name = `campaign ${id}`;
  const tokens = await pacer.take(name, {
    ...{ perSecond, burst: Math.max(1, perSecond * burstSeconds), want: wanted, nowMs },
  });
  const own = tokens < wanted ? 'rate' : 'none';
  return { campaign, own, price, bucket: { name, tokens }, want: { ...base, most: tokens } };
}

/** Half of what holds it back, whatever that is: its own limits, else those of its trunks and of the fleet. */
function slowed({ id, maxConcurrency, callsPerSecond }: Campaign, { slots, trunksOf }: Survey) {
  const trunks = trunksOf.get(id) ?? [];
  const sum = (of: 'channels' | 'callsPerSecond') => trunks.reduce((total, one) => total + one[of], 0);
  const most = Math.min(maxConcurrency ?? Number.POSITIVE_INFINITY, sum('channels'), slots);
  return {
    maxConcurrency: Math.max(1, Math.floor(most * careful)),
    callsPerSecond: Math.min(callsPerSecond ?? Number.POSITIVE_INFINITY, sum('callsPerSecond')) * careful,
  };
}

const wordsOfBudget = ({ budgetMicros }: Campaign, { costMicros }: Meter): string =>
  costMicros >= (budgetMicros ?? 0)
    ? 'The budget is used up.'
    : 'What is left of the budget does not pay for one more call of full length.';

const affordable = (leftMicros: number, price: number): number =>
  price <= 0 ? (leftMicros > 0 ? mostAtOnce : 0) : Math.floor(leftMicros / price);
