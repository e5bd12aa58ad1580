import { integer, jsonb, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.ts';

/**
 * What a campaign's rules were, version by version, so that a decision can be judged again after an edit. No foreign
 * key: like the decisions that name it, it outlives its campaign.
 */
export const campaignVersions = pgTable(
  'campaign_versions',
  {
    campaignId: uuid('campaign_id').notNull(),
    version: integer('version').notNull(),
    /** core/campaigns/rules/settings.ts */
    rules: jsonb('rules').$type<unknown>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.campaignId, table.version] })],
);
