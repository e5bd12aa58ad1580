import { bigserial, customType, index, integer, pgTable, real, text, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { knowledgeFiles } from './knowledge-files.ts';

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** The passages of a file, ready to be found. Written and removed with the file's index as a whole. */
export const knowledgeChunks = pgTable(
  'knowledge_chunks',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    fileId: uuid('file_id')
      .notNull()
      .references(() => knowledgeFiles.id, { onDelete: 'cascade' }),
    /** From 0, in the order of the file. */
    position: integer('position').notNull(),
    heading: text('heading').notNull().default(''),
    /** Page of a PDF, from 1. */
    page: integer('page'),
    passage: text('passage').notNull(),
    /** Lexemes of the agent's language and the words as they are; headings weigh more. */
    lexemes: tsvector('lexemes').notNull(),
    /** Cast to pgvector's type at query time where that extension is there. */
    embedding: real('embedding').array(),
  },
  (table) => [
    index('knowledge_chunks_file').on(table.fileId, table.position),
    index('knowledge_chunks_agent').on(table.agentId),
    // Without the pending list: it would be scanned by every question after an upload.
    index('knowledge_chunks_lexemes').using('gin', table.agentId, table.lexemes).with({ fastupdate: false }),
  ],
);
