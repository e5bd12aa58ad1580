import { sql } from 'drizzle-orm';
import { bigserial, check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { campaigns } from './campaigns.ts';
import { createdAt, moment } from './columns.ts';
import { workspaces } from './workspaces.ts';

/**
 * Numbers that must not be called, by the whole workspace or by one campaign. An entry that is lifted stays, so that
 * it can be said later what was on the list at a moment.
 */
export const doNotCall = pgTable(
  'do_not_call',
  {
    /** The highest id is the version of a list that a decision names. */
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** Null: for every campaign of the workspace. */
    campaignId: uuid('campaign_id').references(() => campaigns.id, { onDelete: 'cascade' }),
    phone: text('phone').notNull(),
    source: text('source').$type<'opt_out' | 'manual' | 'import'>().notNull(),
    note: text('note').notNull().default(''),
    /** The call in which the person said so. */
    callId: uuid('call_id'),
    /** User, API key or process, as in the audit log. */
    addedBy: text('added_by'),
    createdAt: createdAt(),
    liftedAt: moment('lifted_at'),
    liftedBy: text('lifted_by'),
  },
  (table) => [
    uniqueIndex('do_not_call_entry')
      .on(
        table.workspaceId,
        table.phone,
        sql`coalesce(${table.campaignId}, '00000000-0000-0000-0000-000000000000')`,
      )
      .where(sql`${table.liftedAt} is null`),
    index('do_not_call_campaign').on(table.campaignId),
    check('do_not_call_source', sql`${table.source} in ('opt_out', 'manual', 'import')`),
    check('do_not_call_phone', sql`${table.phone} ~ '^[+][1-9][0-9]{1,14}$'`),
  ],
);
