import type { Context } from '../context.ts';
import type { Campaign } from './campaign.ts';
import { archiveCampaign, pauseCampaign, resumeCampaign, startCampaign, stopCampaign } from './control.ts';
import { getCampaign } from './read.ts';

/** Statuses that an operator may ask for. */
export const wantedStatuses = ['running', 'paused', 'stopped', 'archived'] as const;
export type WantedStatus = (typeof wantedStatuses)[number];

/** The verb that leads to a status, from wherever the campaign is. `running` may become `scheduled`. */
export async function changeStatus(
  ctx: Context,
  campaign: string,
  wanted: WantedStatus,
  liveCalls?: 'finish' | 'drop',
): Promise<Campaign> {
  const how = liveCalls === undefined ? {} : { liveCalls };
  if (wanted === 'paused') return pauseCampaign(ctx, { campaign, ...how });
  if (wanted === 'stopped') return stopCampaign(ctx, { campaign, ...how });
  if (wanted === 'archived') return archiveCampaign(ctx, { campaign });
  const { status } = await getCampaign(ctx, { campaign });
  return status === 'paused' ? resumeCampaign(ctx, { campaign }) : startCampaign(ctx, { campaign });
}
