import { sql } from 'drizzle-orm';
import { bigserial, boolean, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.ts';

/**
 * The ledger: one row for each contact that was considered, and one for each change of a do-not-call list. Append-only:
 * a trigger of the migration refuses updates, and deletes within five years. No foreign keys: it outlives what it is
 * about. `trunkline judge` decides everything again from these rows, campaign_versions and calls.
 */
export const decisions = pgTable(
  'decisions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    campaignId: uuid('campaign_id'),
    contactId: uuid('contact_id'),
    /** Also the id of the call. */
    attemptId: uuid('attempt_id'),
    phone: text('phone').notNull(),
    stage: text('stage').$type<DecisionStage>().notNull(),
    at: moment('at').notNull(),
    allowed: boolean('allowed').notNull(),
    /** A reason of core/campaigns/rules/judge-contact.ts; `allowed` when it is. */
    reason: text('reason').notNull(),
    /** Of the rule set: core/campaigns/rules/packs/. */
    rulesVersion: text('rules_version').notNull(),
    /** Of the campaign: campaign_versions. */
    campaignVersion: integer('campaign_version'),
    /** Candidates. */
    zones: text('zones').array().notNull(),
    /**
     * core/campaigns/rules/judge-contact.ts: packs, window, list versions, consent, attempts so far, next legal moment.
     */
    facts: jsonb('facts').$type<unknown>().notNull(),
  },
  (table) => [
    /** Rows come in order of time, so a few bytes for each hundred pages find a range. */
    index('decisions_at').using('brin', table.at),
    index('decisions_contact').on(table.contactId),
    /** What the judge counts: who was rung when, and who is on a list since when. */
    index('decisions_phone')
      .on(table.workspaceId, table.phone, table.id)
      .where(sql`${table.stage} = 'list' or (${table.stage} = 'invite' and ${table.allowed})`),
    check('decisions_stage', sql`${table.stage} in ('import', 'queue', 'invite', 'list')`),
    check(
      'decisions_reason',
      sql`${table.stage} = 'list' or ${table.allowed} = (${table.reason} = 'allowed')`,
    ),
  ],
);

/**
 * import: when the contact came. queue: when the tick took it. invite: in the instant before the INVITE. list: a number
 * was put on a do-not-call list (not allowed) or taken off (allowed).
 */
export type DecisionStage = 'import' | 'queue' | 'invite' | 'list';
