import { randomInt } from 'node:crypto';
import { campaignNumbers } from '../../db/schema/campaign-numbers.ts';
import { campaignVersions } from '../../db/schema/campaign-versions.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { operation } from '../operation.ts';
import { refuseDuplicate } from '../unique.ts';
import { type CampaignWithNumbers, slugTaken } from './campaign.ts';
import { campaignInput } from './settings.ts';
import { checkCampaign } from './validate.ts';

/**
 * Writes a campaign as a draft. Throws invalid with every field that cannot work, conflict for a slug that is taken.
 */
export const createCampaign = operation({
  name: 'campaign.create',
  scope: 'member',
  input: campaignInput,
  audit: ({ name }, campaign: CampaignWithNumbers) => ({ target: campaign.id, details: { name } }),
  run: async (ctx, { fromNumbers, slug, ...given }): Promise<CampaignWithNumbers> => {
    const numberIds = await checkCampaign(ctx, { ...given, fromNumbers });
    const [campaign] = await refuseDuplicate(
      ctx.db
        .insert(campaigns)
        .values({
          ...given,
          ...{ workspaceId: ctx.workspaceId, slug: slug ?? slugOf(given.name) },
          createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
        })
        .returning(),
      { campaigns_slug: slugTaken },
    );
    if (!campaign) throw new Error('The insert of a campaign returned nothing.');
    const { id: campaignId, version } = campaign;
    await ctx.db.insert(campaignVersions).values({ campaignId, version, rules: given.rules });
    await ctx.db
      .insert(campaignNumbers)
      .values(numberIds.map((phoneNumberId) => ({ campaignId, phoneNumberId })));
    return { ...campaign, fromNumbers };
  },
});

/** Slugs are unique over the installation, so one that nobody chose ends by chance. */
function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replaceAll(/^-+|-+$/g, '');
  return `${plain || 'campaign'}-${randomInt(36 ** 5, 36 ** 6).toString(36)}`;
}
