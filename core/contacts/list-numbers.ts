import { and, eq, isNull, sql } from 'drizzle-orm';
import { anyOf } from '../../db/any-of.ts';
import type { Database, Transaction } from '../../db/client.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { doNotCall } from '../../db/schema/do-not-call.ts';
import { lockListsToChange } from '../campaigns/ledger/list-lock.ts';
import { listDecision, recordDecisions } from '../campaigns/ledger/record-decisions.ts';

type Db = Database | Transaction;

/** A statement takes 65,535 values, and a row has seven. */
const rowsAtOnce = 5_000;

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
 * Puts numbers on a do-not-call list, into the ledger, and blocks whoever waits with one of them. Returns how many are
 * new. For operations, which bring the transaction; in-call functions come through here too.
 */
export async function listNumbersNow(db: Db, { phones, atMs, callId, ...entry }: Listing): Promise<number> {
  if (phones.length === 0) return 0;
  await lockListsToChange(db, entry.workspaceId);
  const callOf = (phone: string) =>
    callId === null || typeof callId === 'string' ? callId : (callId.get(phone) ?? null);
  const rows = [...new Set(phones)].map((phone) => ({ ...entry, phone, callId: callOf(phone) }));
  const added: (typeof doNotCall.$inferSelect)[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce)
    added.push(
      ...(await db
        .insert(doNotCall)
        .values(rows.slice(at, at + rowsAtOnce))
        .onConflictDoNothing()
        .returning()),
    );
  await recordDecisions(
    db,
    added.map((row) =>
      listDecision({
        ...{ workspaceId: row.workspaceId, campaignId: row.campaignId, phone: row.phone, listed: true, atMs },
        ...{ source: row.source, callId: row.callId, entryId: row.id },
      }),
    ),
  );
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
