import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import type { ContactState } from '../../db/schema/contacts.ts';

export interface ContactCount {
  readonly windowKey: string;
  readonly state: ContactState;
  readonly count: number;
}

/**
 * How many contacts of a campaign are in which state, by window key. Exact, and never a look at the contacts: it reads
 * what their triggers have written down.
 */
export async function countContacts(db: Database | Transaction, campaignId: string): Promise<ContactCount[]> {
  const { rows } = await db.execute<{ window_key: string; state: ContactState; count: string }>(sql`
    select window_key, state, sum(delta) as count from contact_counts
    where campaign_id = ${campaignId} group by window_key, state having sum(delta) <> 0
    order by window_key, state`);
  return rows.map(({ window_key: windowKey, state, count }) => ({ windowKey, state, count: Number(count) }));
}

/**
 * Folds what the triggers have added into one row for each key, priority and state, so that counting stays quick. Safe
 * at any time and from several processes: each folds the rows that it has removed itself.
 */
export async function foldContactCounts(db: Database | Transaction, campaignId: string): Promise<void> {
  await db.execute(sql`
    with folded as (delete from contact_counts where campaign_id = ${campaignId} 
      returning window_key, priority, state, delta)
    insert into contact_counts (campaign_id, window_key, priority, state, delta)
    select ${campaignId}::uuid, window_key, priority, state, sum(delta) from folded
    group by window_key, priority, state having sum(delta) <> 0`);
}
