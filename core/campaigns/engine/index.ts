export { healCampaigns } from './heal.ts';
export { clocksDifferMs, type Pace } from './pace.ts';
export { burstSeconds, MemoryPacer, type Pacer, trunkBucket } from './pacer.ts';
export { reserveContacts } from './reserve.ts';
export { type DialerLimits, trunkId } from './survey.ts';
export { tick } from './tick.ts';
