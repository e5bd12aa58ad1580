import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, id, updatedAt } from './columns.ts';

export const workspaces = pgTable('workspaces', {
  id: id(),
  name: text('name').notNull(),
  /** Calls of campaigns at once; null: only the limits of trunks and fleet. */
  maxCampaignCalls: integer('max_campaign_calls'),
  /** Recordings are deleted this long after their call; null: never. */
  recordingRetentionDays: integer('recording_retention_days'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
