import { sql } from 'drizzle-orm';
import type { Consent } from '../../../db/schema/contacts.ts';
import type { DecisionStage } from '../../../db/schema/decisions.ts';
import { type ListName, type RegistryFacts, rulesVersion } from '../rules/index.ts';
import type { Db } from './gather-lists.ts';

export interface DecisionRow {
  readonly workspaceId: string;
  readonly campaignId: string | null;
  readonly contactId: string | null;
  readonly attemptId: string | null;
  readonly phone: string;
  readonly stage: DecisionStage;
  readonly atMs: number;
  readonly allowed: boolean;
  readonly reason: string;
  readonly rulesVersion: string;
  readonly campaignVersion: number | null;
  readonly zones: readonly string[];
  readonly facts: DecisionFacts | ListFacts;
}

/** What a verdict rested on; decisions.facts. */
export interface DecisionFacts {
  readonly country: string | null;
  readonly regions: readonly string[];
  readonly packs: readonly string[];
  readonly consent: Consent;
  readonly listed: ListName | null;
  readonly listVersion: number;
  readonly registries: readonly RegistryFacts[];
  /** Calls to the number by the workspace before this one. */
  readonly dialed: { readonly day: number; readonly week: number; readonly ever: number };
  readonly nextLegalAt: string | null;
}

/** A number that was put on a do-not-call list or taken off. */
export interface ListFacts {
  readonly list: 'workspace' | 'campaign';
  readonly source: string;
  readonly callId: string | null;
  readonly entryId: number;
}

/** Appends to the ledger. Nothing ever changes it. */
export async function recordDecisions(db: Db, rows: readonly DecisionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.execute(sql`
    insert into decisions (workspace_id, campaign_id, contact_id, attempt_id, phone, stage, at, allowed, reason,
      rules_version, campaign_version, zones, facts)
    select "workspaceId", "campaignId", "contactId", "attemptId", phone, stage, to_timestamp("atMs" / 1000.0), allowed,
      reason, "rulesVersion", "campaignVersion", zones, facts
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given("workspaceId" uuid, "campaignId" uuid,
      "contactId" uuid, "attemptId" uuid, phone text, stage text, "atMs" bigint, allowed boolean, reason text,
      "rulesVersion" text, "campaignVersion" int, zones text[], facts jsonb)`);
}

/** A change of a do-not-call list as a row of the ledger. */
export const listDecision = (change: {
  readonly workspaceId: string;
  readonly campaignId: string | null;
  readonly phone: string;
  readonly listed: boolean;
  readonly source: string;
  readonly callId: string | null;
  readonly entryId: number;
  readonly atMs: number;
}): DecisionRow => ({
  workspaceId: change.workspaceId,
  campaignId: change.campaignId,
  contactId: null,
  attemptId: null,
  phone: change.phone,
  stage: 'list',
  atMs: change.atMs,
  allowed: !change.listed,
  reason: change.listed ? 'listed' : 'lifted',
  rulesVersion,
  campaignVersion: null,
  zones: [],
  facts: {
    list: change.campaignId === null ? 'workspace' : 'campaign',
    source: change.source,
    callId: change.callId,
    entryId: change.entryId,
  },
});
