import type { Context } from '../context.ts';
import type { Campaign } from './campaign.ts';
import { archiveCampaign, pauseCampaign, resumeCampaign, startCampaign, stopCampaign } from './control.ts';
import { getCampaign } from './read.ts';
import { moveTo, type WantedStatus } from './state.ts';

/** The verb that leads to a status, from wherever the campaign is. */
export async function changeStatus(ctx: Context, campaign: string, wanted: WantedStatus): Promise<Campaign> {
  const { status } = await getCampaign(ctx, { campaign });
  const move = moveTo(wanted, status);
  if (move === 'start') return startCampaign(ctx, { campaign });
  if (move === 'resume') return resumeCampaign(ctx, { campaign });
  if (move === 'archive') return archiveCampaign(ctx, { campaign });
  return move === 'pause' ? pauseCampaign(ctx, { campaign }) : stopCampaign(ctx, { campaign });
}
