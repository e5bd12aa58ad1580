import { insertMany } from '../../../db/insert-many.ts';
import type { Consent } from '../../../db/schema/contacts.ts';
import { type DecisionStage, decisions } from '../../../db/schema/decisions.ts';
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
export const recordDecisions = (db: Db, rows: readonly DecisionRow[]): Promise<void> =>
  insertMany(
    db,
    decisions,
    rows.map(({ atMs, zones, ...row }) => ({ ...row, at: new Date(atMs), zones: [...zones] })),
  );

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
