import { and, count, eq, inArray, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { type ContactList, removeParts } from '../contacts/contact-list.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { findCampaign } from './campaign.ts';
import { isLive } from './state.ts';

const isComing: ReadonlySet<ContactList['state']> = new Set(['receiving', 'queued', 'importing']);

/**
 * Deletes a campaign with its contacts and lists. Its calls, whom it has rung (every cap counts that) and the ledger
 * stay. Throws conflict, saying what uses it, while it may call people, has calls on, or gets a list.
 */
export const deleteCampaign = operation({
  name: 'campaign.delete',
  scope: 'member',
  input: z.object({ campaign: z.string(), kind: z.enum(['campaign', 'batch']).optional() }),
  audit: (_, id: string) => ({ target: id }),
  run: async (ctx, { campaign: named }): Promise<string> => {
    const { id, status } = await findCampaign(ctx, named, { lock: true });
    if (isLive(status)) throw new DomainError('conflict', `The campaign is ${status}; stop it first.`);
    const [open] = await ctx.db
      .select({ calls: count() })
      .from(attempts)
      .where(and(eq(attempts.campaignId, id), inArray(attempts.state, ['reserved', 'dialing'])));
    if (open && open.calls > 0)
      throw new DomainError('conflict', `${open.calls} calls of the campaign are still on.`);
    const lists = await ctx.db
      .select({ name: contactLists.name, state: contactLists.state, parts: contactLists.parts })
      .from(contactLists)
      .where(eq(contactLists.campaignId, id));
    const coming = lists.filter(({ state }) => isComing.has(state));
    if (coming.length > 0)
      throw new DomainError(
        'conflict',
        `A list is being imported into the campaign: ${coming.map(({ name }) => name).join(', ')}.`,
      );
    await removeParts(ctx, lists);
    // Nothing has rung, so nothing counts.
    await ctx.db.delete(attempts).where(and(eq(attempts.campaignId, id), isNull(attempts.dialedAt)));
    await ctx.db.delete(campaigns).where(eq(campaigns.id, id));
    return id;
  },
});
