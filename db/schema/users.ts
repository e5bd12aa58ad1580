import { sql } from 'drizzle-orm';
import { boolean, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

export const users = pgTable(
  'users',
  {
    id: id(),
    email: text('email').notNull(),
    name: text('name').notNull().default(''),
    /** argon2id; null: signs in with an identity provider only. */
    passwordHash: text('password_hash'),
    /** When somebody proved to read this address: by a mailed link, or through an identity provider. */
    emailVerifiedAt: moment('email_verified_at'),
    /** Google's id of the account (`sub`). */
    googleSubject: text('google_subject'),
    /** The id of the account at the sign-in service of OIDC_ISSUER. */
    oidcSubject: text('oidc_subject'),
    /** Access tokens issued before this moment are void: signed out everywhere, or a new password. */
    tokensValidAfter: moment('tokens_valid_after'),
    isSuperuser: boolean('is_superuser').notNull().default(false),
    /** Where the next sign-in lands. */
    activeWorkspaceId: uuid('active_workspace_id').references(() => workspaces.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('users_email').on(sql`lower(${table.email})`),
    uniqueIndex('users_google_subject').on(table.googleSubject),
    uniqueIndex('users_oidc_subject').on(table.oidcSubject),
  ],
);
