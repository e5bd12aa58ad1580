import { and, asc, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { anyOf } from '../../../db/any-of.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { calls, type Disposition } from '../../../db/schema/calls.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { nowMs, type OperationContext } from '../../context.ts';
import { operation } from '../../operation.ts';
import type { Campaign } from '../campaign.ts';
import { groupBy } from '../ledger/index.ts';
import { isNoNumber, nextTry, type RetrySettings, retrySettings } from '../retries.ts';
import { placeOfKey } from '../rules/index.ts';
import { rulesOf } from './rules-of.ts';
import { chanceOf } from './what-next.ts';

type Db = OperationContext['db'];

/** Of one transaction; what their calls came to is read as well. */
const peopleAtOnce = 2_000;

/** Whether these retries allow anybody a call that the ones before did not. */
export function allowMore(next: RetrySettings, before: RetrySettings): boolean {
  if (next.maxAttempts > before.maxAttempts) return true;
  const kinds = ['busy', 'noAnswer', 'voicemail', 'failed', 'dropped'] as const;
  return kinds.some((kind) => next[kind].most > before[kind].most);
}

export async function anybodyExhausted(db: Db, campaignId: string): Promise<boolean> {
  const [one] = await db
    .select({ id: contacts.id })
    .from(contacts)
    .where(and(eq(contacts.campaignId, campaignId), eq(contacts.state, 'exhausted')))
    .limit(1);
  return one !== undefined;
}

/**
 * Goes on letting people wait for another call who had had all that the campaign allowed before its change to this
 * version, `after` somebody; null begins. Goes by the retries as they are now. Returns whom it came to; null: there is
 * nobody left, or a later change goes on with it.
 */
export const continueRecycling = operation({
  name: 'campaign.continue_recycling',
  scope: 'system',
  input: z.object({ campaignId: z.uuid(), version: z.number().int(), after: z.uuid().nullable() }),
  run: async (ctx, { campaignId, version, after }): Promise<string | null> => {
    const [campaign] = await ctx.db.select().from(campaigns).where(eq(campaigns.id, campaignId)).for('share');
    if (campaign?.reopening?.version !== version) return null;
    const people = await ctx.db
      .select({ id: contacts.id, windowKey: contacts.windowKey })
      .from(contacts)
      .where(
        and(
          ...[eq(contacts.campaignId, campaignId), eq(contacts.state, 'exhausted')],
          after === null ? undefined : gt(contacts.id, after),
        ),
      )
      .orderBy(asc(contacts.id))
      .limit(peopleAtOnce)
      .for('update');
    await letWait(ctx.db, campaign, people, nowMs(ctx));
    return people.length < peopleAtOnce ? null : (people.at(-1)?.id ?? null);
  },
});

interface Exhausted {
  readonly id: string;
  readonly windowKey: string;
}

async function letWait(
  db: Db,
  campaign: Campaign,
  people: readonly Exhausted[],
  atMs: number,
): Promise<void> {
  const tries = await triesOf(
    db,
    people.map(({ id }) => id),
  );
  const [retries, rules] = [retrySettings.parse(campaign.retries), rulesOf(campaign)];
  const again = people.flatMap(({ id, windowKey }) => {
    const own = tries.get(id) ?? [];
    const last = own.at(-1);
    if (last === undefined || isNoNumber(last.sipStatus)) return [];
    const at = nextTry({
      ...{ retries, rules },
      place: placeOfKey(windowKey),
      outcomes: own.flatMap(({ outcome }) => (outcome === null ? [] : [outcome as Disposition])),
      dialedAtMs: last.dialedAt?.getTime() ?? atMs,
      nowMs: last.endedAt?.getTime() ?? atMs,
      notBeforeMs: atMs,
      chance: chanceOf(last.id),
    });
    return at === null ? [] : [{ id, at: new Date(at) }];
  });
  if (again.length === 0) return;
  await db.execute(sql`
    update contacts set state = 'waiting', next_attempt_at = given.at
    from jsonb_to_recordset(${JSON.stringify(again)}::jsonb) as given(id uuid, at timestamptz)
    where contacts.id = given.id`);
}

/** The calls to each, in their order. */
async function triesOf(db: Db, people: readonly string[]) {
  if (people.length === 0) return new Map<string, never[]>();
  const rows = await db
    .select({
      ...{ id: attempts.id, contactId: attempts.contactId, outcome: attempts.outcome },
      ...{ dialedAt: attempts.dialedAt, endedAt: attempts.endedAt, sipStatus: calls.sipStatus },
    })
    .from(attempts)
    .leftJoin(calls, eq(calls.id, attempts.id))
    .where(and(anyOf(attempts.contactId, people), eq(attempts.state, 'ended')))
    .orderBy(asc(attempts.number));
  return groupBy(rows, ({ contactId }) => contactId);
}
