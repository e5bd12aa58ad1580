import { eq, sql } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { type Context, nowMs as clockOf } from '../../context.ts';
import { callPrices, openCosts } from './costs.ts';
import { advanceCampaigns, haltCampaign } from './life.ts';
import { type LookBooks, type LookOptions, look, type Ticked } from './look.ts';
import { readMeters } from './meter.ts';
import { writePulse } from './pulse.ts';
import { reserveContacts } from './reserve.ts';
import { survey } from './survey.ts';
import { trunkEvidence } from './trunk-evidence.ts';

/** nowMs left out: the moment it is for the context. */
type TickOptions = Omit<LookOptions, 'nowMs'> & Partial<Pick<LookOptions, 'nowMs'>>;

/**
 * One look of the dialer at every running campaign: what is free is shared out, people are taken and judged, calls are
 * placed. One process at a time; null: another one is at it. What it costs does not depend on how many people wait.
 */
export async function tick(ctx: Context, { nowMs, ...options }: TickOptions): Promise<Ticked | null> {
  return ctx.services.db.transaction(async (tx) => {
    // Held for as long as this transaction, which does nothing else.
    const { rows } = await tx.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('dialer tick', 0)) as got`,
    );
    return rows[0]?.got ? look(booksOf(ctx), { ...options, nowMs: nowMs ?? clockOf(ctx) }) : null;
  });
}

function booksOf(ctx: Context): LookBooks {
  const { db } = ctx.services;
  return {
    advance: async (atMs) => void (await advanceCampaigns(ctx, { atMs })),
    running: () => db.select().from(campaigns).where(eq(campaigns.status, 'running')),
    meters: (ids, nowMs) => readMeters(db, ids, nowMs),
    prices: (running) => callPrices(db, running),
    openCosts: (ids) => openCosts(db, ids),
    survey: (running, limits) => survey(ctx, running, limits),
    evidence: (ids, since) => trunkEvidence(db, ids, since),
    halt: async (campaignId, reason) => void (await haltCampaign(ctx, { campaignId, reason })),
    reserve: (turn) => reserveContacts(ctx, turn),
    pulse: (campaignId, pulse, nowMs) => writePulse(db, campaignId, pulse, nowMs),
  };
}
