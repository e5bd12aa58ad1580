import { sql } from 'drizzle-orm';
import type { Consent } from '../../../db/schema/contacts.ts';
import { type ContactFacts, placeOfKey, type RuleSettings, registriesFor } from '../rules/index.ts';
import { dayMs } from '../rules/time/local-time.ts';
import { type Db, gatherLists } from './gather-lists.ts';

/** The columns of a contact that the rules look at. */
export interface JudgedContact {
  readonly id: string;
  readonly phone: string;
  readonly windowKey: string;
  readonly consent: Consent;
  /** The campaign has no number to show but theirs; left out: nobody has looked. */
  readonly ownNumber?: boolean | undefined;
}

export interface JudgedCampaign {
  readonly id: string;
  readonly workspaceId: string;
  readonly version: number;
  /** Parsed once and kept: what is computed from it is remembered by its identity. */
  readonly rules: RuleSettings;
}

export interface GatheredFacts {
  /** In the order of the contacts. */
  readonly facts: readonly ContactFacts[];
  /** The highest entry of do_not_call that these facts can have seen. */
  readonly listVersion: number;
}

/** What judgeContact needs to know about contacts of one campaign, in three queries however many they are. */
export async function gatherFacts(
  db: Db,
  {
    campaign,
    contacts,
    atMs,
  }: { campaign: JudgedCampaign; contacts: readonly JudgedContact[]; atMs: number },
): Promise<GatheredFacts> {
  const phones = [...new Set(contacts.map(({ phone }) => phone))];
  const lists = await gatherLists(db, campaign, phones);
  const dials = await dialsOf(db, campaign, phones, atMs);
  const facts = contacts.map(({ phone, windowKey, consent, ownNumber }): ContactFacts => {
    const place = placeOfKey(windowKey);
    return {
      rules: campaign.rules,
      ...{ place, consent, ownNumber },
      listed: lists.listed.get(phone) ?? null,
      registries: registriesFor(place, lists.registries),
      ...(dials.get(phone) ?? never),
    };
  });
  return { facts, listVersion: lists.listVersion };
}

const never = { dialed: [], before: { campaign: 0, workspace: 0 } } as const;

async function dialsOf(
  db: Db,
  { id, workspaceId }: JudgedCampaign,
  phones: readonly string[],
  atMs: number,
): Promise<ReadonlyMap<string, Pick<ContactFacts, 'dialed' | 'before'>>> {
  const weekAgo = new Date(atMs - 7 * dayMs).toISOString();
  const { rows } = await db.execute<{
    phone: string;
    own: boolean;
    recent: string[] | null;
    earlier: string;
  }>(sql`
    select phone, campaign_id = ${id} as own,
      array_agg((extract(epoch from dialed_at) * 1000)::bigint) filter (where dialed_at > ${weekAgo}) as recent,
      count(*) filter (where dialed_at <= ${weekAgo}) as earlier
    from attempts
    where workspace_id = ${workspaceId} and phone = any(${sql.param(phones)}::text[]) and dialed_at is not null
    group by phone, own`);
  const dials = new Map<string, Pick<ContactFacts, 'dialed' | 'before'>>();
  for (const { phone, own, recent, earlier } of rows) {
    const { dialed, before } = dials.get(phone) ?? never;
    dials.set(phone, {
      dialed: [...dialed, ...(recent ?? []).map((ms) => ({ atMs: Number(ms), sameCampaign: own }))],
      before: {
        campaign: before.campaign + (own ? Number(earlier) : 0),
        workspace: before.workspace + Number(earlier),
      },
    });
  }
  return dials;
}
