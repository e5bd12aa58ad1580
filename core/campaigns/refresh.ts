import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../db/schema/campaigns.ts';
import { foldContactCounts } from '../contacts/counts.ts';
import { operation } from '../operation.ts';

/**
 * Makes the sums anew that status pages read. Nothing else about a campaign is kept twice. Returns how many campaigns.
 */
export const refreshCampaigns = operation({
  name: 'campaign.refresh',
  scope: 'member',
  input: z.object({}),
  run: async (ctx): Promise<number> => {
    const own = await ctx.db
      .select({ id: campaigns.id })
      .from(campaigns)
      .where(eq(campaigns.workspaceId, ctx.workspaceId));
    for (const { id } of own) await foldContactCounts(ctx.db, id);
    return own.length;
  },
});
