import { and, eq } from 'drizzle-orm';
import { campaigns } from '../../db/schema/campaigns.ts';
import { isUuid } from '../../platform/ids.ts';
import type { JudgedCampaign } from '../campaigns/ledger/gather-facts.ts';
import { ruleSettings } from '../campaigns/rules/index.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';

/** A campaign of the caller's workspace that may still get contacts, held until the transaction ends. */
export async function campaignForContacts(
  ctx: WorkspaceContext,
  campaignId: string,
): Promise<JudgedCampaign> {
  if (!isUuid(campaignId)) throw notFound('Campaign');
  const [campaign] = await ctx.db
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, campaignId), eq(campaigns.workspaceId, ctx.workspaceId)))
    .for('share');
  if (!campaign) throw notFound('Campaign');
  if (campaign.status === 'archived')
    throw new DomainError('conflict', 'The campaign is archived; nobody can be added to it.');
  return { ...campaign, rules: ruleSettings.parse(campaign.rules) };
}
