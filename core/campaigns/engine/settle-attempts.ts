import type { Disposition } from '../../../db/schema/calls.ts';
import type { Campaign } from '../campaign.ts';
import { groupBy } from '../ledger/index.ts';
import { isLive } from '../state.ts';
import type { Books } from './books.ts';
import { costOf } from './costs.ts';
import type { Ended } from './day.ts';
import type { Attempt } from './person.ts';
import { type Change, whatNext } from './what-next.ts';

/** What a finished call tells its attempt. */
export interface FinishedCall {
  readonly id: string;
  readonly disposition: Disposition | null;
  readonly answeredAt: Date | null;
  readonly firstWordAt: Date | null;
  readonly endedAt: Date | null;
  readonly durationMs: number | null;
  readonly endDetail: string | null;
  readonly sipStatus: number | null;
}

/** A call that could not be prepared again and again (no worker, no LiveKit) is tried ever slower. */
const firstDelayMs = 15_000;
const slowestDelayMs = 15 * 60_000;

/**
 * The end of calls of campaigns: each attempt is closed, its day counted, and its contact done, tried again later,
 * called back when they asked for it, or left alone. In the transaction that finalizes the calls; the second time it
 * does nothing.
 */
export async function settleAttempts(
  books: Books,
  calls: readonly FinishedCall[],
  nowMs: number,
): Promise<void> {
  const byId = new Map(calls.map((call) => [call.id, call]));
  const taken = await books.attempts([...byId.keys()]);
  const open = taken.filter(({ state }) => state !== 'ended' && state !== 'withdrawn');
  for (const attempt of open.filter(({ dialedAt }) => dialedAt === null)) {
    const patienceMs = patience(await books.timesNotDialed(attempt.contactId));
    await books.withdraw(attempt, { reason: 'not_dialed', nextAtMs: nowMs + patienceMs, atMs: nowMs });
  }
  const rung = open.filter(({ dialedAt }) => dialedAt !== null);
  for (const [campaignId, own] of groupBy(rung, (attempt) => attempt.campaignId)) {
    const campaign = await books.campaign(campaignId);
    if (campaign) await settleOf(books, campaign, own, { byId, nowMs });
  }
}

const patience = (times: number): number => Math.min(slowestDelayMs, firstDelayMs * 2 ** Math.min(times, 10));

const nobody: ReadonlyMap<string, Date> = new Map();

interface Round {
  readonly byId: ReadonlyMap<string, FinishedCall>;
  readonly nowMs: number;
}

async function settleOf(
  books: Books,
  campaign: Campaign,
  own: readonly Attempt[],
  { byId, nowMs }: Round,
): Promise<void> {
  const listed = await books.listed(campaign, own);
  const ended = own.flatMap((attempt): Ended[] => {
    const call = byId.get(attempt.id);
    if (!call) return [];
    const { answeredAt, firstWordAt, durationMs, sipStatus } = call;
    return [
      {
        ...{ attempt, answeredAt, firstWordAt, durationMs, sipStatus },
        outcome: call.disposition ?? 'unknown',
        endedAt: call.endedAt ?? new Date(nowMs),
        costMicros: costOf(call.durationMs ?? 0, campaign.minutePriceMicros),
        optedOut: listed.has(attempt.phone),
      },
    ];
  });
  await books.close(campaign.id, ended);
  const people = await books.people(own);
  // Whatever the campaign will not be there for is placed without it (core/callbacks/place-due.ts).
  const free = own.filter(({ phone }) => !listed.has(phone));
  const asked = isLive(campaign.status) ? await books.takeCallBacks(free, campaign.endsAt) : nobody;
  const outcomes = await books.outcomes(own);
  const changes = ended.flatMap((one): Change[] => {
    const contact = people.get(one.attempt.contactId);
    if (contact?.state !== 'reserved' && contact?.state !== 'dialing') return [];
    const before = outcomes.get(contact.id) ?? [];
    return [whatNext({ campaign, contact, one, callBackAt: asked.get(one.attempt.id), before, nowMs })];
  });
  await books.changeContacts(changes);
}
