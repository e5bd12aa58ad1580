import { z } from 'zod';
import { findCall } from '../calls/call.ts';
import { operation } from '../operation.ts';
import { linkTtlMs, signLink } from './link.ts';
import { recordingOf } from './recording.ts';

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

/** The recording of a call of the workspace, with a link to hear it. Throws not_found when there is none. */
export const getRecording = operation({
  name: 'recording.get',
  scope: 'member',
  input: z.object({ callId: z.string() }),
  reads: true,
  run: async (ctx, { callId }): Promise<RecordingWithLink> => {
    const { call } = await findCall(ctx, callId);
    const recording = await recordingOf(ctx, call.id);
    const { state, startedAt, durationMs, sizeBytes, sampleRate, expiresAt } = recording;
    const isOver = call.endedAt !== null && call.endedAt.getTime() < Date.now() - arrivalMs;
    const until = Date.now() + linkTtlMs;
    return {
      ...{ startedAt, durationMs, sizeBytes, sampleRate, expiresAt },
      state: state === 'recording' && isOver ? 'partial' : state,
      link: { query: signLink(ctx.services.authSecret, call.id, until), expiresAt: new Date(until) },
    };
  },
});
