import { asc, eq } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import { decide, groupBy } from '../ledger/index.ts';
import { putBack } from './due-contacts.ts';
import { rulesOf } from './rules-of.ts';
import { takePeople } from './take-people.ts';

type Db = OperationContext['db'];
type Attempt = typeof attempts.$inferSelect;
type Campaign = typeof campaigns.$inferSelect;
export type Clearance = { readonly clear: true } | { readonly skip: string };

const askAgainMs = 3_600_000;

/** Until the end of the transaction the campaign stays as it is. Taken before its calls, as a pause does it. */
export const holdCampaign = (db: Db, campaignId: string) =>
  db.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.id, campaignId)).for('share');

/** Why the campaign of an attempt does not want it any more; null: it does. */
export async function whyNotWanted(db: Db, campaignId: string, nowMs: number): Promise<string | null> {
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, campaignId));
  return whyUnwanted(campaign, nowMs);
}

function whyUnwanted(campaign: Campaign | undefined, nowMs: number): string | null {
  if (!campaign) return 'campaign_deleted';
  if (campaign.status !== 'running') return `campaign_${campaign.status}`;
  return campaign.endsAt !== null && campaign.endsAt.getTime() <= nowMs ? 'campaign_over' : null;
}

/**
 * The last word before an INVITE: each contact is judged once more, and only when that is committed its phone may ring.
 * An attempt is cleared once, ever. Refused ones are withdrawn here: nothing has rung. Calls and campaigns are locked;
 * of one number no more than one attempt is open (reserve.ts).
 */
export async function clearAttempts(
  db: Db,
  attemptIds: readonly string[],
  atMs: number,
): Promise<ReadonlyMap<string, Clearance>> {
  const cleared = new Map<string, Clearance>(attemptIds.map((id) => [id, { skip: 'attempt_over' }]));
  const taken = await db
    .select()
    .from(attempts)
    .where(anyOf(attempts.id, attemptIds))
    .orderBy(asc(attempts.id))
    .for('update');
  const reserved = taken.filter(({ state }) => state === 'reserved');
  for (const [campaignId, own] of groupBy(reserved, (attempt) => attempt.campaignId))
    for (const [id, clearance] of await clearOf(db, campaignId, own, atMs)) cleared.set(id, clearance);
  return cleared;
}

type Cleared = readonly [attemptId: string, Clearance];

async function clearOf(
  db: Db,
  campaignId: string,
  own: readonly Attempt[],
  atMs: number,
): Promise<Cleared[]> {
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, campaignId));
  const unwanted = whyUnwanted(campaign, atMs);
  if (!campaign || unwanted !== null) {
    const reason = unwanted ?? 'campaign_deleted';
    return withdrawAll(db, own, () => ({ reason, nextAtMs: atMs, atMs }));
  }
  const people = await takePeople(db, own);
  const pairs = own.flatMap((attempt) => {
    const contact = people.get(attempt.contactId);
    return contact?.state === 'reserved' ? [{ attempt, contact }] : [];
  });
  const there = new Set(pairs.map(({ attempt }) => attempt));
  const left = own.filter((attempt) => !there.has(attempt));
  const gone = await withdrawAll(db, left, () => ({ reason: 'contact_gone', nextAtMs: atMs, atMs }));
  const { id, workspaceId, version } = campaign;
  const decided = await decide(db, {
    ...{ campaign: { id, workspaceId, version, rules: rulesOf(campaign) }, stage: 'invite', atMs },
    contacts: pairs.map(({ attempt, contact }) => ({ ...contact, attemptId: attempt.id })),
  });
  const verdicts = new Map(decided.map(({ contactId, judgement }) => [contactId, judgement]));
  const may = ({ contactId }: Attempt) => verdicts.get(contactId)?.allowed === true;
  const refused = pairs.map(({ attempt }) => attempt).filter((attempt) => !may(attempt));
  const skipped = await withdrawAll(db, refused, ({ contactId }) => {
    const verdict = verdicts.get(contactId);
    if (!verdict) throw new Error('One contact in, one decision out.');
    const { final, nextLegalAtMs, reason } = verdict;
    return { reason, nextAtMs: final ? null : (nextLegalAtMs ?? atMs + askAgainMs), atMs };
  });
  const clear = pairs.map(({ attempt }) => attempt).filter(may);
  await mark(db, clear, atMs);
  return [...gone, ...skipped, ...clear.map((attempt) => [attempt.id, { clear: true }] as const)];
}

async function mark(db: Db, clear: readonly Attempt[], atMs: number): Promise<void> {
  if (clear.length === 0) return;
  const at = new Date(atMs);
  await db
    .update(attempts)
    .set({ state: 'dialing', dialedAt: at })
    .where(
      anyOf(
        attempts.id,
        clear.map(({ id }) => id),
      ),
    );
  await db
    .update(contacts)
    .set({ state: 'dialing', lastAttemptAt: at })
    .where(
      anyOf(
        contacts.id,
        clear.map(({ contactId }) => contactId),
      ),
    );
}

/** Takes an attempt back whose turn has not come, or was lost. Its contact waits on, as if nothing had been. */
export async function giveBack(db: Db, attemptId: string, reason: string, atMs: number): Promise<void> {
  const [attempt] = await db.select().from(attempts).where(eq(attempts.id, attemptId)).for('update');
  if (attempt?.state === 'reserved') await withdraw(db, attempt, { reason, nextAtMs: atMs, atMs });
}

interface Withdrawal {
  readonly reason: string;
  /** When the contact is looked at again; null: never, it is blocked for good. */
  readonly nextAtMs: number | null;
  readonly atMs: number;
}

/** Takes an attempt back that has not rung: it counts against no cap, and its contact waits for the next one. */
export async function withdraw(
  db: Db,
  attempt: Attempt,
  { reason, nextAtMs, atMs }: Withdrawal,
): Promise<{ readonly skip: string }> {
  await db
    .update(attempts)
    .set({ state: 'withdrawn', outcome: reason, endedAt: new Date(atMs), costMicros: 0 })
    .where(eq(attempts.id, attempt.id));
  await putBack(db, [{ id: attempt.contactId, nextAtMs, reason }]);
  return { skip: reason };
}

async function withdrawAll(
  db: Db,
  taken: readonly Attempt[],
  how: (attempt: Attempt) => Withdrawal,
): Promise<Cleared[]> {
  const cleared: Cleared[] = [];
  for (const attempt of taken) cleared.push([attempt.id, await withdraw(db, attempt, how(attempt))]);
  return cleared;
}
