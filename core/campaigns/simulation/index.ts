export type { CampaignReport } from './report.ts';
export { type SimulationSettings, simulationSettings } from './settings.ts';
export { simulateCampaign, simulateInDatabase } from './simulate-campaign.ts';
