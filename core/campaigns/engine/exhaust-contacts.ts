import { sql } from 'drizzle-orm';
import type { OperationContext } from '../../context.ts';

/**
 * Leaves people alone who have had `most` calls already: they waited for one more before the campaign allowed less. Who
 * has asked for a call-back gets it.
 */
export async function exhaustContacts(
  db: OperationContext['db'],
  campaignId: string,
  most: number,
): Promise<void> {
  // The number of the last attempt counts those that never rang too: a cheap first look.
  await db.execute(sql`
    update contacts set state = 'exhausted'
    where campaign_id = ${campaignId} and state = 'waiting' and call_back_at is null and attempts >= ${most}
      and (select count(*) from attempts where contact_id = contacts.id and attempts.state = 'ended') >= ${most}`);
}
