import { sql } from 'drizzle-orm';
import type { Consent } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import {
  type ContactFacts,
  judgeContact,
  placeOfKey,
  type Reason,
  type RuleSettings,
} from '../rules/index.ts';

/** For good only as long as the rules of a campaign are what they are. */
export const byRules: readonly Reason[] = ['never_open', 'consent_missing', 'cap_total'];

const consents: readonly Consent[] = ['unknown', 'express', 'written'];

/**
 * Lets people wait again who were blocked for one of these reasons, which the campaign has changed. Whom its hours, the
 * law or their consent still shut out for good stays where they are; about the others the next look says.
 */
export async function reopenContacts(
  db: OperationContext['db'],
  campaign: { readonly id: string; readonly rules: RuleSettings },
  reasons: readonly Reason[],
  atMs: number,
): Promise<void> {
  if (reasons.length === 0) return;
  // The counts tell whether there is anybody, and where, without a look at the contacts.
  const { rows } = await db.execute<{ key: string }>(sql`
    select window_key as key from contact_counts where campaign_id = ${campaign.id} and state = 'blocked'
    group by window_key having sum(delta) > 0`);
  const open = rows.flatMap(({ key }) =>
    consents
      .filter((consent) => !judgeContact(stranger(campaign.rules, key, consent), atMs).final)
      .map((consent) => ({ key, consent })),
  );
  if (open.length === 0) return;
  await db.execute(sql`
    update contacts set state = 'waiting', blocked_reason = null
    from jsonb_to_recordset(${JSON.stringify(open)}::jsonb) as open(key text, consent text)
    where campaign_id = ${campaign.id} and state = 'blocked'
      and blocked_reason = any(${sql.param(reasons)}::text[])
      and window_key = open.key and contacts.consent = open.consent`);
}

/** Somebody there of whom nothing else is known. */
const stranger = (rules: RuleSettings, key: string, consent: Consent): ContactFacts => ({
  ...{ rules, consent, place: placeOfKey(key), listed: null, registries: [], dialed: [] },
  before: { campaign: 0, workspace: 0 },
});
