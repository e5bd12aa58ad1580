import { healCampaigns } from '../../core/campaigns/engine/index.ts';
import { steady, sweep } from '../define.ts';

export const healCampaignsSweep = sweep({
  name: 'heal-campaigns',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 60_000,
  run: ({ ctx }) => healCampaigns(ctx, {}),
});
