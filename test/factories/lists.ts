import type { JudgedCampaign } from '../../core/campaigns/ledger/index.ts';
import {
  type ContactList,
  createList,
  importList,
  receiveUpload,
  startImport,
} from '../../core/contacts/index.ts';
import type { Context } from '../../core/context.ts';
import type { TestContext } from '../harness/context.ts';
import { chunksOf } from './knowledge.ts';

type Options = Partial<Omit<Parameters<typeof createList>[1], 'campaignId'>>;

/** A list as it has come in, not started. */
export async function uploadList(
  ctx: Context,
  campaign: Pick<JudgedCampaign, 'id'>,
  content: string | Uint8Array,
  options: Options = {},
): Promise<ContactList> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const list = await createList(ctx, { campaignId: campaign.id, fileName: 'people.csv', ...options });
  return receiveUpload(ctx, { listId: list.id, source: chunksOf(bytes) });
}

/** What the job does. */
export const runImport = (t: TestContext, { id: listId, run }: Pick<ContactList, 'id' | 'run'>) =>
  importList(t.system(), { listId, run });

/** Uploaded, started with what its header suggests, and imported. */
export async function importedList(
  t: TestContext,
  ctx: Context,
  campaign: Pick<JudgedCampaign, 'id'>,
  content: string | Uint8Array,
  options: Options & Omit<Parameters<typeof startImport>[1], 'listId'> = {},
): Promise<ContactList> {
  const { mapping, ...rest } = options;
  const { id: listId } = await uploadList(ctx, campaign, content, rest);
  const list = await startImport(ctx, { listId, ...(mapping ? { mapping } : {}) });
  await runImport(t, list);
  return list;
}
