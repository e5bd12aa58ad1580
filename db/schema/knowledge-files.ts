import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** A file an agent may look things up in. The bytes are in the blob store, the text in knowledge_chunks. */
export const knowledgeFiles = pgTable(
  'knowledge_files',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    type: text('type').$type<'pdf' | 'docx' | 'txt' | 'md' | 'html' | 'csv'>().notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    sha256: text('sha256').notNull(),
    /** Goes up with every replacement; a job for an older one does nothing. */
    revision: integer('revision').notNull().default(1),
    blobKey: text('blob_key').notNull(),
    status: text('status').$type<'queued' | 'indexing' | 'ready' | 'failed'>().notNull().default('queued'),
    /** Why it failed, in words for whoever uploaded it. */
    error: text('error'),
    passageCount: integer('passage_count').notNull().default(0),
    /** Text search configuration its passages were indexed with. */
    searchConfig: text('search_config').notNull().default('simple'),
    /** Model of the passages' embeddings; null: they have none. */
    embeddingModel: text('embedding_model'),
    /** When this revision came. */
    uploadedAt: moment('uploaded_at').notNull().default(sql`now()`),
    indexedAt: moment('indexed_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('knowledge_files_name').on(table.agentId, table.name),
    index('knowledge_files_unfinished')
      .on(table.updatedAt)
      .where(sql`${table.status} in ('queued', 'indexing')`),
    check('knowledge_files_status', sql`${table.status} in ('queued', 'indexing', 'ready', 'failed')`),
    check('knowledge_files_type', sql`${table.type} in ('pdf', 'docx', 'txt', 'md', 'html', 'csv')`),
  ],
);
