import { eq, sql } from 'drizzle-orm';
import { oneConnection } from '../../../db/one-connection.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { foldContactCounts } from '../../contacts/counts.ts';
import type { Services } from '../../context.ts';
import type { HostHeartbeat } from '../../fleet.ts';
import { tick } from '../engine/index.ts';
import { databaseFigures } from './database-figures.ts';
import { databasePhone } from './database-phone.ts';
import { prepare } from './prepare.ts';
import type { SimulationSettings } from './settings.ts';
import type { Town, World } from './world.ts';

/** A migrated database that nobody else uses, written by the product's own statements on one connection. */
export async function databaseWorld(
  services: Services,
  settings: SimulationSettings,
  town: Town,
): Promise<World> {
  const { db, together, close } = await oneConnection(services.db);
  const host = (): HostHeartbeat => ({
    ...{ hostId: 'simulated', agentName: 'simulated', pid: 1, calls: [], draining: false, loopDelayMs: 0 },
    ...{ slots: settings.slots, active: town.callsOn(), rssBytes: 0, nodeVersion: process.version },
    at: town.nowMs(),
  });
  try {
    const fleet = { hosts: async () => [host()], activeRooms: async () => 0 };
    const ports = { ...services.ports, fleet };
    const prepared = await prepare({ ...services, db, ports, clock: () => town.nowMs() }, settings);
    const { ctx, campaignId } = prepared;
    let looks = 0;
    return {
      ...databasePhone(prepared),
      together: async (work) => {
        const result = await together(work);
        // Where every look removes what it has written, as autovacuum does it in the product; here at the same looks in
        // every run.
        if (++looks % 32 === 0) await db.execute(sql`vacuum contact_counts, outbox`);
        return result;
      },
      look: async (options) => {
        const ticked = await tick(ctx, options);
        if (looks % 16 === 0) await foldContactCounts(db, campaignId);
        return ticked;
      },
      isRunning: async () => {
        const [campaign] = await db
          .select({ status: campaigns.status })
          .from(campaigns)
          .where(eq(campaigns.id, campaignId));
        return campaign?.status === 'running';
      },
      firstDue: async () => {
        const { rows } = await db.execute<{ key: string; due: string }>(sql`
          select window_key as key, (extract(epoch from min(next_attempt_at)) * 1000)::bigint as due from contacts
          where campaign_id = ${campaignId} and state = 'waiting' group by window_key`);
        return rows.map(({ key, due }) => ({ key, dueMs: Number(due) }));
      },
      figures: (ran) => databaseFigures(prepared, ran),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
