import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { callbacks } from '../../../db/schema/callbacks.ts';
import type { Disposition } from '../../../db/schema/calls.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { doNotCall } from '../../../db/schema/do-not-call.ts';
import type { OperationContext } from '../../context.ts';
import { groupBy } from '../ledger/index.ts';
import { withdraw } from './clear-attempts.ts';
import { addToDays, type Ended } from './day.ts';
import { takePeople } from './take-people.ts';
import { type Change, changeContacts, whatNext } from './what-next.ts';

type Db = OperationContext['db'];
type Attempt = typeof attempts.$inferSelect;
type Campaign = typeof campaigns.$inferSelect;

/** What a finished call tells its attempt. */
export interface FinishedCall {
  readonly id: string;
  readonly disposition: Disposition | null;
  readonly answeredAt: Date | null;
  readonly firstWordAt: Date | null;
  readonly endedAt: Date | null;
  readonly durationMs: number | null;
  readonly endDetail: string | null;
}

/** A call that could not be prepared again and again (no worker, no LiveKit) is tried ever slower. */
const firstDelayMs = 15_000;
const slowestDelayMs = 15 * 60_000;

/**
 * The end of calls of campaigns: each attempt is closed, its day counted, and its contact done, tried again later, called
 * back when they asked for it, or left alone. In the transaction that finalizes the calls; the second time it does nothing.
 */
export async function settleAttempts(db: Db, calls: readonly FinishedCall[], nowMs: number): Promise<void> {
  const byId = new Map(calls.map((call) => [call.id, call]));
  const taken = await db
    .select()
    .from(attempts)
    .where(anyOf(attempts.id, [...byId.keys()]))
    .orderBy(asc(attempts.id))
    .for('update');
  const open = taken.filter(({ state }) => state !== 'ended' && state !== 'withdrawn');
  for (const attempt of open.filter(({ dialedAt }) => dialedAt === null))
    await withdraw(db, attempt, {
      ...{ reason: 'not_dialed', nextAtMs: nowMs + (await patienceOf(db, attempt)), atMs: nowMs },
    });
  const rung = open.filter(({ dialedAt }) => dialedAt !== null);
  for (const [campaignId, own] of groupBy(rung, (attempt) => attempt.campaignId)) {
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, campaignId));
    if (campaign) await settleOf(db, campaign, own, { byId, nowMs });
  }
}

interface Round {
  readonly byId: ReadonlyMap<string, FinishedCall>;
  readonly nowMs: number;
}

async function settleOf(
  db: Db,
  campaign: Campaign,
  own: readonly Attempt[],
  { byId, nowMs }: Round,
): Promise<void> {
  const listed = await listedOf(db, campaign, own);
  const ended = own.flatMap((attempt): Ended[] => {
    const call = byId.get(attempt.id);
    if (!call) return [];
    return [
      {
        ...{
          attempt,
          answeredAt: call.answeredAt,
          firstWordAt: call.firstWordAt,
          durationMs: call.durationMs,
        },
        outcome: call.disposition ?? 'unknown',
        endedAt: call.endedAt ?? new Date(nowMs),
        costMicros: costOf(call.durationMs ?? 0, campaign.minutePriceMicros),
        optedOut: listed.has(attempt.phone),
      },
    ];
  });
  await closeAttempts(db, ended);
  await addToDays(db, campaign.id, ended);
  const people = await takePeople(db, own);
  const asked = await takeCallBacks(db, own);
  const outcomes = await outcomesOf(db, own);
  const changes = ended.flatMap((one): Change[] => {
    const contact = people.get(one.attempt.contactId);
    if (contact?.state !== 'reserved' && contact?.state !== 'dialing') return [];
    const before = outcomes.get(contact.id) ?? [];
    return [whatNext({ campaign, contact, one, callBackAt: asked.get(one.attempt.id), before, nowMs })];
  });
  await changeContacts(db, changes);
}

async function closeAttempts(db: Db, ended: readonly Ended[]): Promise<void> {
  const rows = ended.map(({ attempt: { id }, ...one }) => ({ id, ...one }));
  await db.execute(sql`
    update attempts set state = 'ended', outcome = given.outcome, answered_at = given."answeredAt",
      ended_at = given."endedAt", cost_micros = given."costMicros", updated_at = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(id uuid, outcome text, "answeredAt" timestamptz,
      "endedAt" timestamptz, "costMicros" bigint)
    where attempts.id = given.id`);
}

async function outcomesOf(
  db: Db,
  own: readonly Attempt[],
): Promise<ReadonlyMap<string, readonly Disposition[]>> {
  const ids = own.map(({ contactId }) => contactId);
  const rows = await db
    .select({ contactId: attempts.contactId, outcome: attempts.outcome })
    .from(attempts)
    .where(and(anyOf(attempts.contactId, ids), eq(attempts.state, 'ended')))
    .orderBy(asc(attempts.number));
  const known = groupBy(rows, ({ contactId }) => contactId);
  return new Map(
    [...known].map(([id, all]) => [
      id,
      all.flatMap(({ outcome }) => (outcome === null ? [] : [outcome as Disposition])),
    ]),
  );
}

/** The person asked for another call in this one: the campaign keeps the promise. By attempt, the earliest. */
async function takeCallBacks(db: Db, own: readonly Attempt[]): Promise<ReadonlyMap<string, Date>> {
  const taken = await db
    .update(callbacks)
    .set({ status: 'taken' })
    .where(
      and(
        eq(callbacks.status, 'pending'),
        sql`(${callbacks.callId}, ${callbacks.phoneNumber}) in (
          select * from unnest(${sql.param(own.map(({ id }) => id))}::uuid[], ${sql.param(own.map(({ phone }) => phone))}::text[]))`,
      ),
    )
    .returning({ callId: callbacks.callId, dueAt: callbacks.dueAt });
  const latestFirst = taken.sort((a, b) => b.dueAt.getTime() - a.dueAt.getTime());
  return new Map(latestFirst.flatMap(({ callId, dueAt }) => (callId === null ? [] : [[callId, dueAt]])));
}

/** Numbers of these attempts that must not be called any more. */
async function listedOf(
  db: Db,
  { id, workspaceId }: Campaign,
  own: readonly Attempt[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ phone: doNotCall.phone })
    .from(doNotCall)
    .where(
      and(
        eq(doNotCall.workspaceId, workspaceId),
        sql`${doNotCall.phone} = any(${sql.param(own.map(({ phone }) => phone))}::text[])`,
        isNull(doNotCall.liftedAt),
        sql`(${doNotCall.campaignId} is null or ${doNotCall.campaignId} = ${id})`,
      ),
    );
  return new Set(rows.map(({ phone }) => phone));
}

async function patienceOf(db: Db, { contactId }: Attempt): Promise<number> {
  const rows = await db
    .select({ id: attempts.id })
    .from(attempts)
    .where(
      and(
        eq(attempts.contactId, contactId),
        eq(attempts.state, 'withdrawn'),
        eq(attempts.outcome, 'not_dialed'),
      ),
    );
  return Math.min(slowestDelayMs, firstDelayMs * 2 ** Math.min(rows.length, 10));
}

/** Whole minutes, as carriers reckon. */
export const costOf = (durationMs: number, minutePriceMicros: number | null): number =>
  Math.ceil(durationMs / 60_000) * (minutePriceMicros ?? 0);
