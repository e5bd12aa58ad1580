import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { createdAt, id, moment } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** What was made of a call after its end. One row for each run; the last finished one counts. */
export const callAnalyses = pgTable(
  'call_analyses',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    /** 1 is the run at the end of the call; more when somebody asks for them. */
    run: integer('run').notNull(),
    status: text('status').$type<'pending' | 'done'>().notNull().default('pending'),
    /** `rules`, or the name of the model. */
    analyzedBy: text('analyzed_by'),
    /** Why the model was not used, or could not do all of it, in words. */
    problem: text('problem'),
    summary: text('summary'),
    /** By the agent's analysis schema; null: none asked for, or not to be had. */
    structured: jsonb('structured').$type<unknown>(),
    structuredProblem: text('structured_problem'),
    disposition: text('disposition'),
    dispositionBy: text('disposition_by').$type<'rules' | 'model'>(),
    success: boolean('success'),
    successReason: text('success_reason'),
    sentiment: text('sentiment').$type<'positive' | 'neutral' | 'negative' | 'mixed'>(),
    actionItems: jsonb('action_items').$type<string[]>().notNull().default([]),
    promptTokens: integer('prompt_tokens'),
    completionTokens: integer('completion_tokens'),
    /** From the start of the run to its result. */
    tookMs: integer('took_ms'),
    createdAt: createdAt(),
    finishedAt: moment('finished_at'),
  },
  (table) => [
    uniqueIndex('call_analyses_run').on(table.callId, table.run),
    index('call_analyses_workspace').on(table.workspaceId, table.createdAt.desc().nullsFirst()),
    check('call_analyses_status', sql`${table.status} in ('pending', 'done')`),
    check(
      'call_analyses_done',
      sql`${table.status} = 'pending' or (${table.analyzedBy} is not null and ${table.finishedAt} is not null)`,
    ),
    check('call_analyses_sentiment', sql`${table.sentiment} in ('positive', 'neutral', 'negative', 'mixed')`),
  ],
);
