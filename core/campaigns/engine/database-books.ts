import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { insertMany } from '../../../db/insert-many.ts';
import { agents } from '../../../db/schema/agents.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import type { Disposition } from '../../../db/schema/calls.ts';
import { campaignNumbers } from '../../../db/schema/campaign-numbers.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { doNotCall } from '../../../db/schema/do-not-call.ts';
import { phoneNumbers } from '../../../db/schema/phone-numbers.ts';
import { versionFor } from '../../agents/traffic.ts';
import { queueCalls } from '../../calls/queue-calls.ts';
import type { OperationContext } from '../../context.ts';
import { trunkKey } from '../../numbers/trunk-key.ts';
import type { Campaign } from '../campaign.ts';
import { decide, groupBy, readRegistries } from '../ledger/index.ts';
import type { Books, Placed, Withdrawal } from './books.ts';
import type { CallerId } from './caller-id.ts';
import { addToDays, type Ended } from './day.ts';
import { putBack, readWaiting, takeDue } from './due-contacts.ts';
import { letGoIfOver } from './let-go-call-backs.ts';
import type { Attempt } from './person.ts';
import { takeCallBacks } from './take-call-backs.ts';
import { takePeople } from './take-people.ts';
import { changeContacts } from './what-next.ts';

type Db = OperationContext['db'];

/** The engine's books in PostgreSQL. `db` is the transaction that everything here is part of. */
export const databaseBooks = (db: Db): Books => ({
  campaign: async (id) => (await db.select().from(campaigns).where(eq(campaigns.id, id)))[0],
  decide: (question) => decide(db, question),
  registries: (workspaceId) => readRegistries(db, workspaceId),
  waiting: (campaignId) => readWaiting(db, campaignId),
  callerIds: (campaignId) => callerIdsOf(db, campaignId),
  due: (question) => takeDue(db, question),
  onThePhone: (workspaceId, phones) => onThePhone(db, workspaceId, phones),
  putBack: (postponed) => putBack(db, postponed),
  place: (campaign, placed, how) => place(db, campaign, placed, how),
  attempts: (ids) => takeAttempts(db, ids),
  people: (own) => takePeople(db, own),
  withdraw: (attempt, withdrawal) => withdraw(db, attempt, withdrawal),
  startDialing: (clear, atMs) => startDialing(db, clear, atMs),
  listed: (campaign, own) => listedOf(db, campaign, own),
  close: async (campaignId, ended) => {
    await closeAttempts(db, ended);
    await addToDays(db, campaignId, ended);
  },
  takeCallBacks: (own, end) => takeCallBacks(db, own, end),
  outcomes: (own) => outcomesOf(db, own),
  changeContacts: (changes) => changeContacts(db, changes),
  timesNotDialed: (contactId) =>
    db.$count(
      attempts,
      and(
        eq(attempts.contactId, contactId),
        eq(attempts.state, 'withdrawn'),
        eq(attempts.outcome, 'not_dialed'),
      ),
    ),
});

async function callerIdsOf(db: Db, campaignId: string): Promise<CallerId[]> {
  const rows = await db
    .select(ofNumber)
    .from(campaignNumbers)
    .innerJoin(phoneNumbers, eq(phoneNumbers.id, campaignNumbers.phoneNumberId))
    .where(and(eq(campaignNumbers.campaignId, campaignId), sql`${phoneNumbers.outboundTrunkId} is not null`))
    .orderBy(asc(phoneNumbers.e164));
  return rows.map(({ id, e164, ...number }) => ({ id, e164, trunk: trunkKey(number) }));
}

const ofNumber = {
  ...{ id: phoneNumbers.id, e164: phoneNumbers.e164 },
  ...{ sipAddress: phoneNumbers.sipAddress, authUsername: phoneNumbers.authUsername },
};

/** With whatever campaign, and who has called in or is called without one. */
async function onThePhone(
  db: Db,
  workspaceId: string,
  phones: readonly string[],
): Promise<ReadonlySet<string>> {
  // States and statuses in these words, or a prepared statement does not know that the indexes of what is open hold
  // them all.
  const { rows } = await db.execute<{ phone: string }>(sql`
    select phone from attempts
    where workspace_id = ${workspaceId} and state in ('reserved', 'dialing') and phone = any(${sql.param(phones)}::text[])
    union
    select person.phone from calls
      cross join lateral (select case direction when 'inbound' then from_number else to_number end as phone) as person
    where workspace_id = ${workspaceId} and finalized_at is null and status in ('queued', 'dialing', 'ringing', 'active')
      and person.phone = any(${sql.param(phones)}::text[])`);
  return new Set(rows.map(({ phone }) => phone));
}

async function place(
  db: Db,
  { id: campaignId, workspaceId, agentId }: Campaign,
  placed: readonly Placed[],
  { costMicros, atMs }: { readonly costMicros: number; readonly atMs: number },
): Promise<void> {
  const [agent] = await db.select().from(agents).where(eq(agents.id, agentId));
  if (!agent) throw new Error('The agent of a campaign is never deleted.');
  const at = new Date(atMs);
  await insertMany(
    db,
    attempts,
    placed.map(({ contact, from, id }) => ({
      ...{ id, workspaceId, campaignId, contactId: contact.id, number: contact.attempts + 1 },
      ...{ phone: contact.phone, phoneNumberId: from.id, fromNumber: from.e164, trunk: from.trunk },
      ...{ costMicros, createdAt: at, updatedAt: at },
    })),
  );
  await queueCalls(
    { db },
    placed.map(({ contact, from, id }) => ({
      ...{ id, workspaceId, agentId, agentVersionId: versionFor(agent, id), campaignId },
      ...{ phoneNumberId: from.id, fromNumber: from.e164, toNumber: contact.phone },
      ...{ threadId: contact.phone, variables: contact.variables },
    })),
  );
  const ids = placed.map(({ contact }) => contact.id);
  await db.execute(sql`
    update contacts set state = 'reserved', reserved_at = ${at.toISOString()}, attempts = attempts + 1
    where id = any(${sql.param(ids)}::uuid[])`);
}

const ofAttempt = {
  ...{ id: attempts.id, campaignId: attempts.campaignId, contactId: attempts.contactId },
  ...{ phone: attempts.phone, state: attempts.state, dialedAt: attempts.dialedAt },
};

const takeAttempts = (db: Db, ids: readonly string[]) =>
  db.select(ofAttempt).from(attempts).where(anyOf(attempts.id, ids)).orderBy(asc(attempts.id)).for('update');

/** It counts against no cap, and its contact waits for the next one. */
async function withdraw(db: Db, attempt: Attempt, { reason, nextAtMs, atMs }: Withdrawal): Promise<void> {
  await db
    .update(attempts)
    .set({ state: 'withdrawn', outcome: reason, endedAt: new Date(atMs), costMicros: 0 })
    .where(eq(attempts.id, attempt.id));
  await putBack(db, [{ id: attempt.contactId, nextAtMs, reason }]);
  await letGoIfOver(db, attempt.contactId);
}

async function startDialing(db: Db, clear: readonly Attempt[], atMs: number): Promise<void> {
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
