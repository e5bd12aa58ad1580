import { eq } from 'drizzle-orm';
import { chanceOf } from '../../../core/campaigns/simulation/chance.ts';
import { openDatabase } from '../../../db/client.ts';
import { attempts } from '../../../db/schema/attempts.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { waitFor } from '../../../platform/retry.ts';
import { startProduct } from '../../harness/product.ts';
import { campaignOn } from './campaign.ts';
import { wrongs } from './evidence.ts';
import { CalleeFarm } from './farm.ts';
import { type Kill, killAround } from './kills.ts';

export interface FaultedCampaign {
  readonly wrongs: readonly string[];
  readonly kills: readonly Kill[];
  readonly rang: number;
  readonly dialed: number;
  readonly tookMs: number;
}

/**
 * A campaign of real calls on loopback while processes of the product are killed and come back, in an order that
 * follows from the seed. Resolves when nobody waits any more, with everything that is wrong then.
 */
export async function campaignUnderFaults(options: {
  readonly seed: string;
  readonly people: number;
  readonly kills: number;
  readonly pauseMs: readonly [least: number, most: number];
  readonly patienceMs: number;
}): Promise<FaultedCampaign> {
  const { seed, people, kills, pauseMs, patienceMs } = options;
  await using product = await startProduct({ env: { WORKER_HOSTS: '2' } });
  const farm = await CalleeFarm.open(seed);
  const { db, close } = openDatabase(product.databaseUrl, { max: 3 });
  const over = new AbortController();
  try {
    const { id: campaignId, slug } = await campaignOn(product, db, farm, people);
    const since = new Date();
    await product.api('PATCH', `/api/v/campaign/${slug}/`, { status: 'running' });
    await waitFor('the first call', () => farm.rang.length > 0, { timeoutMs: 60_000 });
    const killing = killAround(product, {
      ...{ chance: chanceOf(seed, 'kills'), kills, pauseMs },
      signal: over.signal,
    });
    await ended(db, campaignId, patienceMs);
    over.abort();
    const killed = await killing;
    return {
      wrongs: await wrongs(db, farm, { campaignId, since }),
      kills: killed,
      rang: farm.rang.length,
      dialed: await db.$count(attempts, eq(attempts.campaignId, campaignId)),
      tookMs: Date.now() - since.getTime(),
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${product.output()}`, {
      cause: error,
    });
  } finally {
    over.abort();
    await farm.close();
    await close();
  }
}

async function ended(
  db: ReturnType<typeof openDatabase>['db'],
  campaignId: string,
  timeoutMs: number,
): Promise<void> {
  let last = '';
  const look = async () => {
    const rows = await db.select().from(contacts).where(eq(contacts.campaignId, campaignId));
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, campaignId));
    const open = rows.filter(({ state }) => ['waiting', 'reserved', 'dialing'].includes(state));
    last = `${campaign?.status} ${campaign?.statusReason}; ${open.map(({ phone, state, lastOutcome, nextAttemptAt }) => `${phone} ${state} ${lastOutcome} ${nextAttemptAt.toISOString()}`).join(', ')}`;
    return open.length === 0;
  };
  // Postgres is one of those that are killed.
  await waitFor('everybody to be dealt with', () => look().catch(() => false), {
    timeoutMs,
    everyMs: 250,
  }).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error} ${last}`);
  });
}
