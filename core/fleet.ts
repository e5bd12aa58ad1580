import { z } from 'zod';

/**
 * What every worker host says about itself, once a second, in the Redis key `trunkline:host:{hostId}` (JSON, TTL 5 s).
 * The autoscaler's numbers are sums over these.
 */
export const hostHeartbeat = z.object({
  hostId: z.string(),
  agentName: z.string(),
  pid: z.number(),
  /** Calls it takes at once, and those it has. */
  slots: z.number(),
  active: z.number(),
  calls: z.array(z.string()),
  draining: z.boolean(),
  /** p99 of the event-loop delay over the last second. */
  loopDelayMs: z.number(),
  rssBytes: z.number(),
  nodeVersion: z.string(),
  at: z.number(),
});
export type HostHeartbeat = z.output<typeof hostHeartbeat>;

export const heartbeatKey = (hostId: string): string => `trunkline:host:${hostId}`;
export const heartbeatPattern = 'trunkline:host:*';
/** Redis pub/sub channel on which every event of a call is published as it happens (live views, the dialer's waits). */
export const callChannel = (callId: string): string => `trunkline:call:${callId}`;
/** Redis key with an integer, as document 002 names it: rooms that LiveKit has open. */
export const activeCallsKey = 'livekit:active_calls';
