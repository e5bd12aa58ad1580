export type { Campaign, CampaignStatus, CampaignWithNumbers } from './campaign.ts';
export { changeCampaign } from './change.ts';
export { changeStatus } from './change-status.ts';
export {
  archiveCampaign,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
  stopCampaign,
} from './control.ts';
export { createCampaign } from './create.ts';
export { deleteCampaign } from './delete.ts';
export { bottlenecks } from './engine/pulse.ts';
export { type LiveAttempt, listLiveAttempts } from './live.ts';
export { getCampaign, listCampaigns } from './read.ts';
export { refreshCampaigns } from './refresh.ts';
export { retrySettings } from './retries.ts';
export { campaignFields } from './settings.ts';
export { wantedStatuses } from './state.ts';
export { type CampaignProgress, getCampaignStatus, getPublicStatus } from './status.ts';
export { updateCampaignSettings } from './update.ts';
