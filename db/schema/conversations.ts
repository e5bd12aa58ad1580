import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { agentVersions } from './agent-versions.ts';
import { agents } from './agents.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** One chat of one visitor with one version of an agent. */
export const conversations = pgTable(
  'conversations',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id),
    agentVersionId: uuid('agent_version_id')
      .notNull()
      .references(() => agentVersions.id),
    /** Of the agent that it was handed to; null: it has the one that it began with. */
    currentVersionId: uuid('current_version_id').references(() => agentVersions.id),
    /** Joins the chats and calls of one person. */
    threadId: text('thread_id'),
    status: text('status').$type<'open' | 'ended'>().notNull().default('open'),
    variables: jsonb('variables').$type<Record<string, string>>().notNull().default({}),
    missingVariables: text('missing_variables').array().notNull().default([]),
    messageCount: integer('message_count').notNull().default(0),
    lastMessageAt: moment('last_message_at'),
    /** Until then one reply is under way, and no other message is taken. */
    replyingUntil: moment('replying_until'),
    endedAt: moment('ended_at'),
    endReason: text('end_reason').$type<'user' | 'agent' | 'transferred' | 'limit'>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('conversations_workspace').on(
      table.workspaceId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('conversations_agent').on(table.agentId, table.createdAt.desc().nullsFirst()),
    index('conversations_version').on(table.agentVersionId),
    index('conversations_thread')
      .on(table.workspaceId, table.threadId)
      .where(sql`${table.threadId} is not null`),
    check('conversations_status', sql`${table.status} in ('open', 'ended')`),
    check('conversations_ended', sql`(${table.status} = 'ended') = (${table.endedAt} is not null)`),
  ],
);
