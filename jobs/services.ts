import type { Pacer } from '../core/campaigns/engine/index.ts';
import type { Context, Services } from '../core/context.ts';
import type { Logger } from '../platform/log.ts';
import type { SipPlace } from '../sip/capture/tcpdump.ts';
import type { LiveKit } from '../sip/livekit.ts';
import type { CallEvents } from './calls/call-events.ts';
import type { Queues } from './queues.ts';

/** What every job gets. Built once per process in main.ts. */
export interface JobServices {
  readonly core: Services;
  /** The context in which jobs call operations. */
  readonly ctx: Context;
  readonly livekit: LiveKit;
  readonly callEvents: CallEvents;
  readonly queues: Queues;
  readonly log: Logger;
  /** Name under which the worker fleet is registered with LiveKit. */
  readonly agentName: string;
  readonly limits: CallLimits;
  /** Where livekit-sip talks on this machine; null: it runs elsewhere. */
  readonly sipPlace: SipPlace | null;
  /** How fast trunks are used, shared with the dialer. */
  readonly pacing: { readonly pacer: Pacer; readonly trunkCallsPerSecond: number };
  /** So long after they were written mail and text messages are removed. */
  readonly messagesKeepMs: number;
  /** Removes messages sent longer ago than this; returns how many. */
  purgeOutbox(olderThanMs: number): Promise<number>;
}

/** How long the steps of a call may take. Tests shorten them. */
export interface CallLimits {
  /** A dispatched agent must be ready (or at least have joined) within this; then it is dispatched once more. */
  readonly agentReadyMs: number;
  /** How long a phone rings. */
  readonly ringMs: number;
  /** Within this some worker must have taken over a call whose worker died. */
  readonly rescueMs: number;
  /** Calls that nothing happened to for this long are looked at by the sweep. */
  readonly sweepAfterMs: number;
  /** How long somebody who calls waits for a free slot before being turned away. */
  readonly waitMs: number;
}

export const callLimits: CallLimits = {
  agentReadyMs: 8_000,
  ringMs: 30_000,
  rescueMs: 15_000,
  sweepAfterMs: 15_000,
  waitMs: 60_000,
};
