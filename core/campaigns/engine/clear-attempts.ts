import { eq } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import type { OperationContext } from '../../context.ts';
import type { Campaign } from '../campaign.ts';
import { groupBy } from '../ledger/index.ts';
import type { Books, Withdrawal } from './books.ts';
import { nextLookMs } from './due-contacts.ts';
import type { Attempt } from './person.ts';
import { judged } from './rules-of.ts';

type Db = OperationContext['db'];
export type Clearance = { readonly clear: true } | { readonly skip: string };

/** Until the end of the transaction the campaign stays as it is. Taken before its calls, as a pause does it. */
export const holdCampaign = (db: Db, campaignId: string) =>
  db.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.id, campaignId)).for('share');

/** Why the campaign of an attempt does not want it any more; null: it does. */
export const whyNotWanted = async (books: Books, campaignId: string, nowMs: number): Promise<string | null> =>
  whyUnwanted(await books.campaign(campaignId), nowMs);

function whyUnwanted(campaign: Campaign | undefined, nowMs: number): string | null {
  if (!campaign) return 'campaign_deleted';
  if (campaign.status !== 'running') return `campaign_${campaign.status}`;
  return campaign.endsAt !== null && campaign.endsAt.getTime() <= nowMs ? 'campaign_over' : null;
}

/**
 * The last word before an INVITE: each contact is judged once more, and only when that is committed its phone may ring.
 * An attempt is cleared once, ever. Refused ones are withdrawn here: nothing has rung. Calls and campaigns are locked;
 * of one number no more than one attempt is open (placing.ts).
 */
export async function clearAttempts(
  books: Books,
  attemptIds: readonly string[],
  atMs: number,
): Promise<ReadonlyMap<string, Clearance>> {
  const cleared = new Map<string, Clearance>(attemptIds.map((id) => [id, { skip: 'attempt_over' }]));
  const taken = await books.attempts(attemptIds);
  const reserved = taken.filter(({ state }) => state === 'reserved');
  for (const [campaignId, own] of groupBy(reserved, (attempt) => attempt.campaignId))
    for (const [id, clearance] of await clearOf(books, campaignId, own, atMs)) cleared.set(id, clearance);
  return cleared;
}

type Cleared = readonly [attemptId: string, Clearance];

async function clearOf(
  books: Books,
  campaignId: string,
  own: readonly Attempt[],
  atMs: number,
): Promise<Cleared[]> {
  const campaign = await books.campaign(campaignId);
  const unwanted = whyUnwanted(campaign, atMs);
  if (!campaign || unwanted !== null) {
    const reason = unwanted ?? 'campaign_deleted';
    return withdrawAll(books, own, () => ({ reason, nextAtMs: atMs, atMs }));
  }
  const people = await books.people(own);
  const pairs = own.flatMap((attempt) => {
    const contact = people.get(attempt.contactId);
    return contact?.state === 'reserved' ? [{ attempt, contact }] : [];
  });
  const there = new Set(pairs.map(({ attempt }) => attempt));
  const left = own.filter((attempt) => !there.has(attempt));
  const gone = await withdrawAll(books, left, () => ({ reason: 'contact_gone', nextAtMs: atMs, atMs }));
  const decided = await books.decide({
    campaign: judged(campaign),
    stage: 'invite',
    atMs,
    contacts: pairs.map(({ attempt, contact: { id, phone, windowKey, consent } }) => ({
      ...{ id, phone, windowKey, consent, attemptId: attempt.id },
    })),
  });
  const verdicts = new Map(decided.map(({ contactId, judgement }) => [contactId, judgement]));
  const may = ({ contactId }: Attempt) => verdicts.get(contactId)?.allowed === true;
  const refused = pairs.map(({ attempt }) => attempt).filter((attempt) => !may(attempt));
  const skipped = await withdrawAll(books, refused, ({ contactId }) => {
    const verdict = verdicts.get(contactId);
    if (!verdict) throw new Error('One contact in, one decision out.');
    return { reason: verdict.reason, nextAtMs: nextLookMs(verdict, atMs), atMs };
  });
  const clear = pairs.map(({ attempt }) => attempt).filter(may);
  if (clear.length > 0) await books.startDialing(clear, atMs);
  return [...gone, ...skipped, ...clear.map((attempt) => [attempt.id, { clear: true }] as const)];
}

/** Takes an attempt back whose turn has not come, or was lost. Its contact waits on, as if nothing had been. */
export async function giveBack(books: Books, attemptId: string, reason: string, atMs: number): Promise<void> {
  const [attempt] = await books.attempts([attemptId]);
  if (attempt?.state === 'reserved') await books.withdraw(attempt, { reason, nextAtMs: atMs, atMs });
}

async function withdrawAll(
  books: Books,
  taken: readonly Attempt[],
  how: (attempt: Attempt) => Withdrawal,
): Promise<Cleared[]> {
  const cleared: Cleared[] = [];
  for (const attempt of taken) {
    const withdrawal = how(attempt);
    await books.withdraw(attempt, withdrawal);
    cleared.push([attempt.id, { skip: withdrawal.reason }]);
  }
  return cleared;
}
