import type { CallEvent } from '../../../core/calls/events.ts';
import type { OpenStreams } from '../../http/open-streams.ts';

/** What the operator surface gets from the app, beside the operations. */
export interface OperatorDeps {
  readonly version: string;
  /** Each resolves when its part answers. */
  readonly probes: Readonly<Record<'db' | 'redis' | 'livekit', () => Promise<unknown>>>;
  readonly live: {
    /** Resolves once events are heard; the answer stops listening. */
    subscribe(callId: string, listener: (event: CallEvent) => void): Promise<() => void>;
  };
  /** Every route that streams takes a place in it first. */
  readonly streams: OpenStreams;
  /** How often an open stream is looked after; left out: as usual. */
  readonly heartbeatMs?: number | undefined;
  /** Aborted when the server stops: streams end. */
  readonly closing: AbortSignal;
}
