export type { CampaignReport } from './report.ts';
export { type SimulationSettings, simulationSettings } from './settings.ts';
export { simulateCampaign } from './simulate-campaign.ts';
