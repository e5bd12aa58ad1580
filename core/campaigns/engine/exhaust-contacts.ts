import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { anyOf } from '../../../db/any-of.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import { operation } from '../../operation.ts';
import { retrySettings } from '../retries.ts';
import { type Group, readWaiting } from './due-contacts.ts';
import type { Person } from './person.ts';

type Db = OperationContext['db'];

/** Of one statement: the campaign is held meanwhile, and a pause waits for it. */
export const rowsAtOnce = 5_000;

/** Where in the order of index contacts_due a statement stopped. */
const place = z.object({ key: z.string(), priority: z.number().int(), due: z.string(), id: z.uuid() });
type Place = z.output<typeof place>;

/** They have waited for one more, and nobody has promised it to them. */
const spent = (most: number) => sql`contacts.state = 'waiting' and contacts.call_back_at is null
  and contacts.attempts >= ${most}
  and (select count(*) from attempts where contact_id = contacts.id and attempts.state = 'ended') >= ${most}`;

/**
 * Leaves people alone who have had `most` calls already: they waited for one more before the campaign allowed less. Who
 * has asked for a call-back gets it. Goes on `after` somebody; null begins. Returns whom it came to; null: there is
 * nobody left to look at.
 */
export async function exhaustContacts(
  db: Db,
  { campaignId, most, after }: { campaignId: string; most: number; after: Place | null },
): Promise<Place | null> {
  const groups = (await readWaiting(db, campaignId)).sort(inOrder);
  let left = rowsAtOnce;
  for (const { key, priority } of groups) {
    const ofAfter = after === null ? 1 : inOrder({ key, priority }, after);
    if (ofAfter < 0) continue;
    const group = { campaignId, key, priority, after: ofAfter === 0 ? after : null };
    const { looked, last } = await exhaustSome(db, group, { most, atOnce: left });
    left -= looked;
    if (left <= 0) return last;
  }
  return null;
}

const inOrder = (one: Group, other: Group): number =>
  one.key === other.key ? one.priority - other.priority : one.key < other.key ? -1 : 1;

/** Of one group, by index contacts_due. */
async function exhaustSome(
  db: Db,
  { campaignId, key, priority, after }: Group & { campaignId: string; after: Place | null },
  { most, atOnce }: { most: number; atOnce: number },
): Promise<{ looked: number; last: Place | null }> {
  const beyond =
    after === null
      ? sql``
      : sql`and next_attempt_at >= ${after.due}::timestamptz
          and (next_attempt_at, id) > (${after.due}::timestamptz, ${after.id}::uuid)`;
  // The number of the last attempt counts those that never rang too: a cheap first look.
  const { rows } = await db.execute<{ due: string; id: string; looked: string }>(sql`
    with looked as materialized (
      select id, next_attempt_at from contacts
      where campaign_id = ${campaignId} and window_key = ${key} and priority = ${priority} and state = 'waiting' ${beyond}
      order by next_attempt_at, id limit ${atOnce}),
    over as (
      select contacts.id from contacts where contacts.id = any(array(select id from looked)) and ${spent(most)}
      order by contacts.id for update of contacts),
    exhausted as (update contacts set state = 'exhausted' where id = any(array(select id from over)))
    select next_attempt_at::text as due, id, (select count(*) from looked) as looked
    from looked order by next_attempt_at desc, id desc limit 1`);
  const [last] = rows;
  return last
    ? { looked: Number(last.looked), last: { key, priority, due: last.due, id: last.id } }
    : { looked: 0, last: null };
}

/** Goes on with what a change to this version has left, by the number of attempts that there is now. */
export const continueExhausting = operation({
  name: 'campaign.continue_exhausting',
  scope: 'system',
  input: z.object({ campaignId: z.uuid(), version: z.number().int(), after: place.nullable() }),
  run: async (ctx, { campaignId, version, after }): Promise<Place | null> => {
    const [campaign] = await ctx.db.select().from(campaigns).where(eq(campaigns.id, campaignId)).for('share');
    if (campaign?.reopening?.version !== version) return null;
    const { maxAttempts: most } = retrySettings.parse(campaign.retries);
    return exhaustContacts(ctx.db, { campaignId, most, after });
  },
});

/** Those of the people that may have one more call: nobody has come to the others yet. */
export async function withoutSpent(db: Db, people: readonly Person[], most: number): Promise<Person[]> {
  const ids = people.flatMap(({ id, attempts }) => (attempts >= most ? [id] : []));
  if (ids.length === 0) return [...people];
  const left = await db
    .update(contacts)
    .set({ state: 'exhausted' })
    .where(sql`${anyOf(contacts.id, ids)} and ${spent(most)}`)
    .returning({ id: contacts.id });
  const over = new Set(left.map(({ id }) => id));
  return people.filter(({ id }) => !over.has(id));
}
