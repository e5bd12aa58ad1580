import type { z } from 'zod';
import type { Context } from '../context.ts';
import { changeStatus } from './change-status.ts';
import type { campaignChange } from './settings.ts';
import type { WantedStatus } from './state.ts';
import { updateCampaignSettings } from './update.ts';

interface Wanted {
  readonly change: z.input<typeof campaignChange>;
  readonly status?: WantedStatus | undefined;
}

/** Changes settings, status or both; of both either all is done or nothing. Throws as each of the two does. */
export async function changeCampaign(
  ctx: Context,
  campaign: string,
  { change, status }: Wanted,
): Promise<void> {
  if (Object.values(change).some((value) => value !== undefined))
    await updateCampaignSettings(ctx, { campaign, change, status });
  else if (status !== undefined) await changeStatus(ctx, campaign, status);
}
