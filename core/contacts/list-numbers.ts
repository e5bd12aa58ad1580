import { and, eq, isNull, sql } from 'drizzle-orm';
import { anyOf } from '../../db/any-of.ts';
import type { Database, Transaction } from '../../db/client.ts';
import { insertNew } from '../../db/insert-many.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { doNotCall } from '../../db/schema/do-not-call.ts';
import { lockListsToChange } from '../campaigns/ledger/list-lock.ts';
import { listDecision, recordDecisions } from '../campaigns/ledger/record-decisions.ts';

type Db = Database | Transaction;

interface Listing {
  readonly workspaceId: string;
  /** Null: for every campaign of the workspace. */
  readonly campaignId: string | null;
  /** E.164 */
  readonly phones: readonly string[];
  readonly source: 'opt_out' | 'manual' | 'import';
  readonly note: string;
  /** The call in which it was asked for; of several numbers, the call of each. */
  readonly callId: string | null | ReadonlyMap<string, string>;
  readonly addedBy: string | null;
  readonly atMs: number;
}

/**
 * Puts numbers on a do-not-call list, into the ledger, blocks whoever waits with one of them and ends the call-backs
 * that were promised to them. Returns how many are new. For operations, which bring the transaction; in-call functions
 * come through here too.
 */
export async function listNumbersNow(db: Db, { phones, atMs, callId, ...entry }: Listing): Promise<number> {
  if (phones.length === 0) return 0;
  await lockListsToChange(db, entry.workspaceId);
  const callOf = (phone: string) =>
    callId === null || typeof callId === 'string' ? callId : (callId.get(phone) ?? null);
  const { workspaceId, campaignId, source } = entry;
  const rows = [...new Set(phones)].map((phone) => ({ ...entry, phone, callId: callOf(phone) }));
  const added = await insertNew(db, doNotCall, rows, ['id', 'phone', 'callId']);
  await recordDecisions(
    db,
    added.map((row) =>
      listDecision({
        ...{ workspaceId, campaignId, source, listed: true, atMs },
        ...{ phone: row.phone, callId: row.callId, entryId: row.id },
      }),
    ),
  );
  await endCallBacks(db, entry, phones);
  await db
    .update(contacts)
    .set({ state: 'blocked', blockedReason: 'do_not_call' })
    .where(
      and(
        eq(contacts.workspaceId, entry.workspaceId),
        sql`${contacts.phone} = any(${sql.param(phones)}::text[])`,
        eq(contacts.state, 'waiting'),
        entry.campaignId === null ? undefined : eq(contacts.campaignId, entry.campaignId),
      ),
    );
  return added.length;
}

/**
 * Of a call-back that is under way nothing is left to end. Before the contacts are blocked: they tell which one a
 * campaign has yet to keep, and whoever lets go of call-backs takes the two in this order.
 */
async function endCallBacks(
  db: Db,
  { workspaceId, campaignId, source }: Pick<Listing, 'workspaceId' | 'campaignId' | 'source'>,
  phones: readonly string[],
): Promise<void> {
  await db
    .update(callbacks)
    .set({
      status: 'canceled',
      statusReason:
        source === 'opt_out'
          ? 'They want no calls any more: their number is on the do-not-call list.'
          : 'Their number was put on the do-not-call list.',
    })
    .where(
      and(
        eq(callbacks.workspaceId, workspaceId),
        anyOf(callbacks.phoneNumber, phones),
        campaignId === null
          ? undefined
          : sql`${callbacks.callId} in (select id from calls where campaign_id = ${campaignId})`,
        sql`(${callbacks.status} = 'pending' or ${callbacks.status} = 'taken' and (
          exists (select from calls where calls.id = ${callbacks.placedCallId} and calls.status = 'queued')
          or ${callbacks.placedCallId} is null and exists (
            select from attempts join contacts on contacts.id = attempts.contact_id
            where attempts.id = ${callbacks.callId} and contacts.call_back_at is not null
              and contacts.state in ('waiting', 'reserved'))))`,
      ),
    );
}

/** Takes numbers off a list, and lets those wait again that only the list had blocked. Returns how many were on it. */
export async function liftNumbersNow(
  db: Db,
  {
    workspaceId,
    campaignId,
    phones,
    liftedBy,
    atMs,
  }: Pick<Listing, 'workspaceId' | 'campaignId' | 'phones' | 'atMs'> & { readonly liftedBy: string | null },
): Promise<number> {
  if (phones.length === 0) return 0;
  await lockListsToChange(db, workspaceId);
  const lifted = await db
    .update(doNotCall)
    .set({ liftedAt: new Date(atMs), liftedBy })
    .where(
      and(
        eq(doNotCall.workspaceId, workspaceId),
        anyOf(doNotCall.phone, phones),
        isNull(doNotCall.liftedAt),
        campaignId === null ? isNull(doNotCall.campaignId) : eq(doNotCall.campaignId, campaignId),
      ),
    )
    .returning();
  await recordDecisions(
    db,
    lifted.map((row) =>
      listDecision({
        ...{ workspaceId, campaignId, phone: row.phone, listed: false, atMs },
        ...{ source: 'manual', callId: null, entryId: row.id },
      }),
    ),
  );
  const free = lifted.map(({ phone }) => phone);
  // Whoever is on another list still meets it when the tick takes them.
  await db
    .update(contacts)
    .set({ state: 'waiting', blockedReason: null })
    .where(
      and(
        eq(contacts.workspaceId, workspaceId),
        sql`${contacts.phone} = any(${sql.param(free)}::text[])`,
        eq(contacts.state, 'blocked'),
        eq(contacts.blockedReason, 'do_not_call'),
        campaignId === null ? undefined : eq(contacts.campaignId, campaignId),
      ),
    );
  return lifted.length;
}
