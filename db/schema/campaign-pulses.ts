import { integer, pgTable, real, text, uuid } from 'drizzle-orm/pg-core';
import { campaigns } from './campaigns.ts';
import { moment } from './columns.ts';

/** What the engine saw when it last looked after a running campaign: the live half of its status. */
export const campaignPulses = pgTable('campaign_pulses', {
  campaignId: uuid('campaign_id')
    .primaryKey()
    .references(() => campaigns.id, { onDelete: 'cascade' }),
  at: moment('at').notNull(),
  /** What holds it back; core/campaigns/engine/pulse.ts. */
  bottleneck: text('bottleneck').notNull(),
  /** Of full speed, by its slowest trunk. */
  pace: real('pace').notNull(),
  /** Waiting contacts whose window is open now, whether due or not. */
  callable: integer('callable').notNull(),
  /** When the next window opens, where all are shut. */
  opensAt: moment('opens_at'),
});
