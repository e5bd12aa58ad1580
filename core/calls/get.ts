import { z } from 'zod';
import { type CallAnalysis, latestAnalysis } from '../analyses/analysis.ts';
import { operation } from '../operation.ts';
import { lookForRecording } from '../recordings/recording.ts';
import { type RecordingWithLink, withLink } from '../recordings/with-link.ts';
import { type Call, findCall } from './call.ts';
import type { CallEvent } from './events.ts';
import { readEvents, type TranscriptTurn, transcriptOf } from './transcript.ts';

export interface CallWithTranscript {
  readonly call: Call;
  readonly agentName: string;
  readonly transcript: TranscriptTurn[];
  readonly events: CallEvent[];
  /** What was made of it after its end. */
  readonly analysis: CallAnalysis | null;
  readonly recording: RecordingWithLink | null;
}

/** One call with everything that was said, and what each turn cost in time. */
export const getCall = operation({
  name: 'call.get',
  scope: 'member',
  input: z.object({ callId: z.string() }),
  reads: true,
  run: async (ctx, { callId }): Promise<CallWithTranscript> => {
    const found = await findCall(ctx, callId);
    const events = await readEvents(ctx.db, callId);
    const recording = await lookForRecording(ctx, found.call.id);
    return {
      ...found,
      transcript: transcriptOf(events),
      events,
      analysis: await latestAnalysis(ctx, callId),
      recording: recording && (await withLink(ctx, recording, found.call)),
    };
  },
});
