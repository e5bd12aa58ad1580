import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../../db/schema/campaigns.ts';
import type { Consent } from '../../../db/schema/contacts.ts';
import { type Context, nowMs, type OperationContext } from '../../context.ts';
import { operation } from '../../operation.ts';
import {
  type ContactFacts,
  judgeContact,
  placeOfKey,
  type Reason,
  type RuleSettings,
  ruleSettings,
} from '../rules/index.ts';
import { continueExhausting, rowsAtOnce } from './exhaust-contacts.ts';
import { continueRecycling } from './recycle-contacts.ts';

/** For good only as long as the rules of a campaign are what they are. */
export const byRules: readonly Reason[] = ['never_open', 'consent_missing', 'cap_total'];

const consents: readonly Consent[] = ['unknown', 'express', 'written'];

interface Reopening {
  readonly id: string;
  readonly rules: RuleSettings;
}

/**
 * Lets people wait again who were blocked for one of these reasons, which the campaign has changed. Whom its hours, the
 * law or their consent still shut out for good stays where they are; about the others the next look says. Returns the
 * reasons of which there are more than one statement takes (continueReopening).
 */
export async function reopenContacts(
  db: OperationContext['db'],
  campaign: Reopening,
  reasons: readonly Reason[],
  atMs: number,
): Promise<Reason[]> {
  if (reasons.length === 0) return [];
  const open = await openPlaces(db, campaign, atMs);
  const more: Reason[] = [];
  for (const reason of open.length === 0 ? [] : reasons)
    if ((await reopenSome(db, campaign.id, { open, reason, after: null })) !== null) more.push(reason);
  return more;
}

/** The same to its end, for a job: each statement by itself. */
export async function reopenEverybody(
  db: OperationContext['db'],
  campaign: Reopening,
  reasons: readonly Reason[],
  atMs: number,
): Promise<void> {
  const open = await openPlaces(db, campaign, atMs);
  for (const reason of open.length === 0 ? [] : reasons) {
    let after: string | null = null;
    do after = await reopenSome(db, campaign.id, { open, reason, after });
    while (after !== null);
  }
}

/**
 * Goes on with what a change of the rules has left to do, `after` somebody of a reason: null begins with it. Goes by
 * the rules as they are now. Returns whom it came to; null: there is nobody left, or a later change goes on with it.
 */
export const continueReopening = operation({
  name: 'campaign.continue_reopening',
  scope: 'system',
  input: z.object({
    ...{ campaignId: z.uuid(), version: z.number().int() },
    ...{ reason: z.string(), after: z.uuid().nullable() },
  }),
  run: async (ctx, { campaignId, version, reason, after }): Promise<string | null> => {
    const [campaign] = await ctx.db.select().from(campaigns).where(eq(campaigns.id, campaignId)).for('share');
    if (campaign?.reopening?.version !== version) return null;
    const open = await openPlaces(
      ctx.db,
      { id: campaignId, rules: ruleSettings.parse(campaign.rules) },
      nowMs(ctx),
    );
    return open.length === 0 ? null : reopenSome(ctx.db, campaignId, { open, reason, after });
  },
});

/**
 * All that the change to this version has left, a bounded number at a time: people to leave alone, people to let wait
 * again. Run again it finds those whom it did not come to.
 */
export async function finishReopening(
  ctx: Context,
  { campaignId, version }: { readonly campaignId: string; readonly version: number },
): Promise<void> {
  const of = and(
    eq(campaigns.id, campaignId),
    sql`(${campaigns.reopening} ->> 'version')::int = ${version}::int`,
  );
  const [campaign] = await ctx.services.db
    .select({ reopening: campaigns.reopening })
    .from(campaigns)
    .where(of);
  for (const reason of campaign?.reopening?.reasons ?? []) {
    // Whom a look of the dialer has blocked anew meanwhile is behind, and stays there.
    let after: string | null = null;
    do after = await continueReopening(ctx, { campaignId, version, reason, after });
    while (after !== null);
  }
  // After them: of those who wait again some have had their calls.
  if (campaign?.reopening?.exhaust === true) {
    let after: Parameters<typeof continueExhausting>[1]['after'] = null;
    do after = await continueExhausting(ctx, { campaignId, version, after });
    while (after !== null);
  }
  if (campaign?.reopening?.recycle === true) {
    let after: string | null = null;
    do after = await continueRecycling(ctx, { campaignId, version, after });
    while (after !== null);
  }
  await ctx.services.db.update(campaigns).set({ reopening: null }).where(of);
}

interface OpenPlace {
  readonly key: string;
  readonly consent: Consent;
}

/** Where people of the campaign are blocked to whom the rules do not say no for good. */
async function openPlaces(
  db: OperationContext['db'],
  campaign: Reopening,
  atMs: number,
): Promise<OpenPlace[]> {
  // The counts tell whether there is anybody, and where, without a look at the contacts.
  const { rows } = await db.execute<{ key: string }>(sql`
    select window_key as key from contact_counts where campaign_id = ${campaign.id} and state = 'blocked'
    group by window_key having sum(delta) > 0`);
  return rows.flatMap(({ key }) =>
    consents
      .filter((consent) => !judgeContact(stranger(campaign.rules, key, consent), atMs).final)
      .map((consent) => ({ key, consent })),
  );
}

/** In the order of their ids. Returns the last one that was looked at; null: there are no more. */
async function reopenSome(
  db: OperationContext['db'],
  campaignId: string,
  {
    open,
    reason,
    after,
  }: { readonly open: readonly OpenPlace[]; readonly reason: string; readonly after: string | null },
): Promise<string | null> {
  const { rows } = await db.execute<{ looked: string; last: string | null }>(sql`
    with looked as (
      select id, window_key, consent from contacts
      where campaign_id = ${campaignId} and state = 'blocked' and blocked_reason = ${reason}
        ${after === null ? sql`` : sql`and id > ${after}`}
      order by id limit ${rowsAtOnce} for update),
    reopened as (
      update contacts set state = 'waiting', blocked_reason = null
      from looked join jsonb_to_recordset(${JSON.stringify(open)}::jsonb) as open(key text, consent text)
        on looked.window_key = open.key and looked.consent = open.consent
      where contacts.id = looked.id)
    select count(*) as looked, (array_agg(id order by id desc))[1] as last from looked`);
  const [found] = rows;
  return Number(found?.looked ?? 0) < rowsAtOnce ? null : (found?.last ?? null);
}

/** Somebody there of whom nothing else is known. */
const stranger = (rules: RuleSettings, key: string, consent: Consent): ContactFacts => ({
  ...{ rules, consent, place: placeOfKey(key), listed: null, registries: [], dialed: [] },
  before: { campaign: 0, workspace: 0 },
});
