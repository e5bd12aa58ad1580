import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  real,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/**
 * People to call and how. A batch of document 002 is a campaign with a smaller form. How many contacts are in which
 * state stands in contact_counts, how the calls went in campaign_days.
 */
export const campaigns = pgTable(
  'campaigns',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** Unique over the whole installation: document 002 reads a campaign's status by it without a sign-in. */
    slug: text('slug').notNull(),
    kind: text('kind').$type<'campaign' | 'batch'>().notNull().default('campaign'),
    name: text('name').notNull(),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id),
    status: text('status').$type<CampaignStatus>().notNull().default('draft'),
    /** Why it is in this status, in words: who paused it, which limit stopped it. */
    statusReason: text('status_reason').notNull().default(''),
    /** What pausing or stopping does to calls that are live. */
    liveCalls: text('live_calls').$type<'finish' | 'drop'>().notNull().default('finish'),
    startsAt: moment('starts_at'),
    endsAt: moment('ends_at'),
    /**
     * core/campaigns/rules/settings.ts: windows, holidays, rule packs, caps, consent. Each version is kept in
     * campaign_versions.
     */
    rules: jsonb('rules').$type<unknown>().notNull(),
    /** Retry policy for each outcome, by the engine's schema. */
    retries: jsonb('retries').$type<unknown>().notNull().default({}),
    /** Share between campaigns that want the same slots; 100 is usual. */
    weight: integer('weight').notNull().default(100),
    /** Null: only the limits of trunk, workspace and fleet. */
    maxConcurrency: integer('max_concurrency'),
    callsPerSecond: real('calls_per_second'),
    /** Caller IDs whose area code is the contact's are preferred. */
    localPresence: boolean('local_presence').notNull().default(false),
    /** core/campaigns/machine-policy.ts: what an answering machine gets; `agent`: as its agent says. */
    machinePolicy: text('machine_policy')
      .$type<'agent' | 'hang_up' | 'leave_message' | 'talk'>()
      .notNull()
      .default('agent'),
    /** Null: no budget. */
    budgetMicros: bigint('budget_micros', { mode: 'number' }),
    /** What a minute of a call is reckoned at; a budget needs it. */
    minutePriceMicros: bigint('minute_price_micros', { mode: 'number' }),
    currency: text('currency').notNull().default('USD'),
    /** Goes up with every change; the engine compares it to notice an edit while it runs. */
    version: integer('version').notNull().default(1),
    /**
     * What the change to this version has left to a job (core/campaigns/engine/reopen-contacts.ts); null: nothing.
     */
    reopening: jsonb('reopening').$type<Reopening>(),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    /** First moment it ran, last moment it stopped for good. */
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('campaigns_slug').on(table.slug),
    index('campaigns_workspace').on(table.workspaceId, table.createdAt.desc().nullsFirst()),
    index('campaigns_agent').on(table.agentId),
    index('campaigns_live')
      .on(table.status)
      .where(sql`${table.status} in ('scheduled', 'running', 'paused')`),
    check('campaigns_kind', sql`${table.kind} in ('campaign', 'batch')`),
    check(
      'campaigns_status',
      sql`${table.status} in ('draft', 'scheduled', 'running', 'paused', 'stopped', 'finished', 'archived')`,
    ),
    check('campaigns_live_calls', sql`${table.liveCalls} in ('finish', 'drop')`),
    check(
      'campaigns_machine_policy',
      sql`${table.machinePolicy} in ('agent', 'hang_up', 'leave_message', 'talk')`,
    ),
    check('campaigns_period', sql`${table.endsAt} > ${table.startsAt}`),
    check('campaigns_weight', sql`${table.weight} between 1 and 10000`),
    check(
      'campaigns_limits',
      sql`${table.maxConcurrency} > 0 and ${table.callsPerSecond} > 0 and ${table.budgetMicros} >= 0 and ${table.minutePriceMicros} >= 0`,
    ),
  ],
);

interface Reopening {
  readonly version: number;
  /** Whom the rules had blocked for one of these reasons waits again. */
  readonly reasons: readonly string[];
  /** Who has had as many calls as there may be now is left alone. */
  readonly exhaust?: boolean;
  /** Who had had all calls that there might be, and may have another now, waits for it. */
  readonly recycle?: boolean;
}

export type CampaignStatus =
  | 'draft'
  | 'scheduled'
  | 'running'
  | 'paused'
  | 'stopped'
  | 'finished'
  | 'archived';
