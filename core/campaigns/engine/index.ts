export { healCampaigns } from './heal.ts';
export { clocksDifferMs, type Pace } from './pace.ts';
export { burstSeconds, inviteBucket, MemoryPacer, type Pacer, trunkBucket } from './pacer.ts';
export { finishReopening } from './reopen-contacts.ts';
export { reserveContacts } from './reserve.ts';
export { type DialerLimits, trunkId } from './survey.ts';
export { tick } from './tick.ts';
