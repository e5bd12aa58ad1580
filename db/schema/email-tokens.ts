import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment } from './columns.ts';
import { users } from './users.ts';

/** Links that were mailed to a person: each works once, for a while, and is kept as SHA-256. */
export const emailTokens = pgTable(
  'email_tokens',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: text('purpose').$type<'verify_email' | 'reset_password'>().notNull(),
    /** The address it went to: a link for a former address confirms nothing. */
    email: text('email').notNull(),
    tokenHash: text('token_hash').notNull(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('email_tokens_hash').on(table.tokenHash),
    index('email_tokens_user').on(table.userId, table.purpose),
    check('email_tokens_purpose', sql`${table.purpose} in ('verify_email', 'reset_password')`),
  ],
);
