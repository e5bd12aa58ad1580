import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventSink } from '../report/event-sink.ts';
import type { PhraseCache } from './phrases.ts';

/** Why `stopping` was aborted when it was not for the worker's own sake: the room or the dispatch is gone. */
export const jobTerminated = 'job terminated';

/** What a call may use of the process it runs in: a shared host, or a process of its own. */
export interface CallHost {
  readonly config: Config;
  readonly hostId: string;
  readonly log: Logger;
  readonly sink: EventSink;
  readonly phrases: PhraseCache;
  /** Aborted when the call must end now; with `jobTerminated` as the reason when LiveKit ended the job. */
  readonly stopping: AbortSignal;
  /** Told as soon as it is known which call a job is. */
  readonly onCall?: (call: { readonly callId: string; readonly epoch: number }) => void;
}
