import { and, eq, isNotNull } from 'drizzle-orm';
import { judgeRange } from '../../../core/campaigns/ledger/index.ts';
import type { Database } from '../../../db/client.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { calls } from '../../../db/schema/calls.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { decisions } from '../../../db/schema/decisions.ts';
import type { CalleeFarm } from './farm.ts';

type Attempt = typeof attempts.$inferSelect;

/** Everything that is wrong after a campaign; empty: nothing. */
export async function wrongs(
  db: Database,
  farm: CalleeFarm,
  { campaignId, since }: { readonly campaignId: string; readonly since: Date },
): Promise<string[]> {
  const people = await db.select().from(contacts).where(eq(contacts.campaignId, campaignId));
  const dialed = await db
    .select({ attempt: attempts, sipStatus: calls.sipStatus })
    .from(attempts)
    .innerJoin(calls, eq(calls.id, attempts.id))
    .where(and(eq(attempts.campaignId, campaignId), isNotNull(attempts.dialedAt)));
  const found: string[] = [];
  for (const { phone, state } of people) {
    const own = dialed.filter(({ attempt }) => attempt.phone === phone);
    if (state !== 'done' && state !== 'exhausted') found.push(`${phone} was lost: ${state}.`);
    if (own.length === 0) found.push(`${phone} was never dialed.`);
    found.push(...miscounted(phone, own, farm));
  }
  const known = new Set(people.map(({ phone }) => phone));
  for (const { number } of farm.rang) if (!known.has(number)) found.push(`Nobody asked for ${number}.`);
  return [
    ...found,
    ...(await judged(
      db,
      campaignId,
      since,
      dialed.map(({ attempt }) => attempt),
    )),
  ];
}

/**
 * Each INVITE belongs to an attempt of its own that was dialed before it, and every attempt that tells how it went has
 * one. Whether an attempt rang whose process died is what nobody knows: it says so (`unknown`, `failed`), and once is
 * the most that it may have.
 */
function miscounted(
  phone: string,
  own: readonly { readonly attempt: Attempt; readonly sipStatus: number | null }[],
  farm: CalleeFarm,
): string[] {
  const at = ({ dialedAt }: Attempt) => dialedAt?.getTime() ?? 0;
  const free = own.map(({ attempt }) => attempt).sort((a, b) => at(b) - at(a));
  const found: string[] = [];
  for (const rang of farm.rangAt(phone)) {
    const cause = free.find((attempt) => at(attempt) <= rang.atMs);
    if (cause) free.splice(free.indexOf(cause), 1);
    else found.push(`${phone} rang at ${new Date(rang.atMs).toISOString()} without an attempt of its own.`);
  }
  for (const { attempt, sipStatus } of own) {
    const uncertain = (attempt.outcome === 'unknown' || attempt.outcome === 'failed') && sipStatus === null;
    if (!uncertain && free.includes(attempt))
      found.push(
        `Attempt ${attempt.number} of ${phone} ended as ${attempt.outcome}, and nothing rang there.`,
      );
  }
  return found;
}

async function judged(
  db: Database,
  campaignId: string,
  since: Date,
  dialed: readonly Attempt[],
): Promise<string[]> {
  const found: string[] = [];
  const permissions = await db
    .select({ id: decisions.attemptId })
    .from(decisions)
    .where(
      and(eq(decisions.campaignId, campaignId), eq(decisions.stage, 'invite'), eq(decisions.allowed, true)),
    );
  for (const { id, number } of dialed) {
    const count = permissions.filter((one) => one.id === id).length;
    if (count !== 1) found.push(`Attempt ${number} (${id}) has ${count} permissions in the ledger.`);
  }
  const to = new Date(Date.now() + 60_000);
  await judgeRange(db, { from: since, to, campaignId }, ({ kind, detail }) =>
    found.push(`The judge: ${kind}: ${detail}`),
  );
  return found;
}
