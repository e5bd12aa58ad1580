import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { knowledgeFiles } from './knowledge-files.ts';

/** The words that a file uses: what a misspelt or misheard word of a question is compared with. */
export const knowledgeWords = pgTable(
  'knowledge_words',
  {
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    fileId: uuid('file_id')
      .notNull()
      .references(() => knowledgeFiles.id, { onDelete: 'cascade' }),
    word: text('word').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.fileId, table.word] }),
    index('knowledge_words_similar')
      .using('gin', table.agentId, table.word.op('gin_trgm_ops'))
      .with({ fastupdate: false }),
  ],
);
