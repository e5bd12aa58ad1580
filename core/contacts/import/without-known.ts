import { sql } from 'drizzle-orm';
import type { CopyTransaction } from '../../../db/copy.ts';
import type { ContactList } from '../contact-list.ts';
import { lockWorkspace } from '../workspace-lock.ts';
import type { RowContact } from './read-row.ts';
import type { Chunk } from './write-chunk.ts';

type Kept = Chunk['contacts'];

/** Takes out whom the campaign, or any campaign of the workspace, has already. */
export async function withoutKnown(
  { tx }: CopyTransaction,
  list: ContactList,
  { contacts }: Chunk,
): Promise<{ kept: Kept; dropped: Chunk['errors'] }> {
  if (list.duplicatesAcross === 'keep' || contacts.length === 0) return { kept: contacts, dropped: [] };
  await lockWorkspace(tx, list.workspaceId);
  if (!(await hasOthers(tx, list))) return { kept: contacts, dropped: [] };
  const { rows } = await tx.execute<{ phone: string }>(sql`
    select distinct phone from contacts
    where workspace_id = ${list.workspaceId} and list_id is distinct from ${list.id}
      and phone = any(${sql.param(contacts.map(({ phone }) => phone.e164))}::text[])
      ${list.duplicatesAcross === 'skip_campaign' ? sql`and campaign_id = ${list.campaignId}` : sql``}`);
  const known = new Set(rows.map(({ phone }) => phone));
  const isKnown = ({ phone }: RowContact) => known.has(phone.e164);
  return {
    kept: known.size === 0 ? contacts : contacts.filter((contact) => !isKnown(contact)),
    dropped: contacts
      .filter(isKnown)
      .map(({ row, cells }) => ({ row, problem: 'duplicate_elsewhere' as const, cells })),
  };
}

/** The first list of a campaign has nobody to be compared with; the counts know it without a look at the contacts. */
async function hasOthers(tx: CopyTransaction['tx'], list: ContactList): Promise<boolean> {
  const { rows } = await tx.execute<{ total: string | null }>(sql`
    select sum(delta) as total from contact_counts where campaign_id in (
      select id from campaigns where workspace_id = ${list.workspaceId}
        ${list.duplicatesAcross === 'skip_campaign' ? sql`and id = ${list.campaignId}` : sql``})`);
  return Number(rows[0]?.total ?? 0) > list.rowsImported;
}
