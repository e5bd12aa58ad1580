import type { OperationContext } from '../context.ts';
import { linkTtlMs, signLink } from './link.ts';
import type { Recording } from './recording.ts';

export interface RecordingWithLink {
  /** partial: the call is over and something of it never came, because a worker was lost with its disk. */
  readonly state: 'recording' | 'complete' | 'partial';
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly sizeBytes: number;
  readonly sampleRate: number;
  readonly expiresAt: Date | null;
  /** Query of the link to its audio, and until when it works. */
  readonly link: { readonly query: string; readonly expiresAt: Date };
}

/** Pieces of a call that has just ended are still on their way. */
const arrivalMs = 120_000;

/** A recording with a link to hear it, for whoever has been let in to its call. */
export function withLink(
  { services }: Pick<OperationContext, 'services'>,
  { callId, state, startedAt, durationMs, sizeBytes, sampleRate, expiresAt }: Recording,
  { endedAt }: { readonly endedAt: Date | null },
): RecordingWithLink {
  const isOver = endedAt !== null && endedAt.getTime() < Date.now() - arrivalMs;
  const until = Date.now() + linkTtlMs;
  return {
    ...{ startedAt, durationMs, sizeBytes, sampleRate, expiresAt },
    state: state === 'recording' && isOver ? 'partial' : state,
    link: { query: signLink(services.authSecret, callId, until), expiresAt: new Date(until) },
  };
}
