import { sql } from 'drizzle-orm';
import type { Database } from '../../../db/client.ts';
import type { ContactList } from '../contact-list.ts';
import { lockWorkspace } from '../workspace-lock.ts';
import type { Chunk } from './chunk.ts';

/**
 * Places in `phones` of whom the campaign, or any campaign of the workspace, has already.
 *
 * @param own contacts of this list that this transaction has written
 */
export async function knownElsewhere(
  db: Database,
  list: ContactList,
  phones: readonly string[],
  own: number,
): Promise<ReadonlySet<number>> {
  if (list.duplicatesAcross === 'keep' || phones.length === 0 || !(await hasOthers(db, list, own)))
    return new Set();
  const { rows } = await db.execute<{ phone: string }>(sql`
    select distinct phone from contacts
    where workspace_id = ${list.workspaceId} and list_id is distinct from ${list.id}
      and phone = any(${sql.param(phones)}::text[])
      ${list.duplicatesAcross === 'skip_campaign' ? sql`and campaign_id = ${list.campaignId}` : sql``}`);
  const known = new Set(rows.map(({ phone }) => phone));
  return new Set(phones.flatMap((phone, index) => (known.has(phone) ? [index] : [])));
}

/**
 * Takes out whom somebody else has brought while the chunk was being written: nobody of the workspace can do so from
 * here to the end of the transaction. Returns their places in the chunk.
 */
export async function takeOutKnown(
  db: Database,
  list: ContactList,
  chunk: Chunk,
  dropped: ReadonlySet<number>,
): Promise<ReadonlySet<number>> {
  if (list.duplicatesAcross === 'keep' || chunk.size === 0) return new Set();
  await lockWorkspace(db, list.workspaceId);
  const known = await knownElsewhere(db, list, chunk.phones, chunk.size - dropped.size);
  const late = new Set([...known].filter((index) => !dropped.has(index)));
  const ids = [...late].map((index) => chunk.idOf(index));
  if (ids.length > 0) await db.execute(sql`delete from contacts where id = any(${sql.param(ids)}::uuid[])`);
  return late;
}

/** The first list of a campaign has nobody to be compared with; the counts know it without a look at the contacts. */
async function hasOthers(db: Database, list: ContactList, own: number): Promise<boolean> {
  const { rows } = await db.execute<{ others: string | null }>(sql`
    select sum(delta) - (select rows_imported from contact_lists where id = ${list.id}) as others
    from contact_counts where campaign_id in (
      select id from campaigns where workspace_id = ${list.workspaceId}
        ${list.duplicatesAcross === 'skip_campaign' ? sql`and id = ${list.campaignId}` : sql``})`);
  return Number(rows[0]?.others ?? 0) > own;
}
