export { healCampaigns } from './heal.ts';
export type { Pace } from './pace.ts';
export { MemoryPacer, type Pacer } from './pacer.ts';
export { reserveContacts } from './reserve.ts';
export type { DialerLimits } from './survey.ts';
export { tick } from './tick.ts';
