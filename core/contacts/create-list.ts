import { z } from 'zod';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { cleanFileName } from '../knowledge/file-name.ts';
import { operation } from '../operation.ts';
import { campaignForContacts } from './campaign-of.ts';
import type { ContactList } from './contact-list.ts';
import { isPhoneCountry } from './phone.ts';

export const listOptions = z.object({
  /** ISO 3166 of numbers that are written without a country code. */
  defaultCountry: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isPhoneCountry, 'there is no country of this code; write it as US, GB, IN')
    .nullable(),
  duplicatesInList: z.enum(['skip', 'keep']),
  duplicatesAcross: z.enum(['keep', 'skip_campaign', 'skip_workspace']),
});

/**
 * Makes room for a list whose bytes are about to come (receiveUpload). Throws not_found, and conflict when archived.
 */
export const createList = operation({
  name: 'contact_list.create',
  scope: 'member',
  input: z.object({
    defaultCountry: listOptions.shape.defaultCountry.default(null),
    duplicatesInList: listOptions.shape.duplicatesInList.default('skip'),
    duplicatesAcross: listOptions.shape.duplicatesAcross.default('skip_campaign'),
    campaignId: z.string(),
    fileName: z.string().max(1_000).default(''),
    /** The file's name when left out. */
    name: z.string().trim().max(200).default(''),
  }),
  audit: ({ campaignId }, list: ContactList) => ({ target: list.id, details: { campaignId } }),
  run: async (ctx, { campaignId, name, fileName: rawName, ...options }): Promise<ContactList> => {
    await campaignForContacts(ctx, campaignId);
    const fileName = cleanFileName(rawName) ?? 'list.csv';
    const [list] = await ctx.db
      .insert(contactLists)
      .values({
        ...options,
        ...{ workspaceId: ctx.workspaceId, campaignId, fileName, name: name || fileName },
        createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
      })
      .returning();
    if (!list) throw new Error('The insert of a list returned nothing.');
    return list;
  },
});
