import { z } from 'zod';
import { findCall } from '../calls/call.ts';
import { operation } from '../operation.ts';
import { recordingOf } from './recording.ts';
import { type RecordingWithLink, withLink } from './with-link.ts';

/** The recording of a call of the workspace, with a link to hear it. Throws not_found when there is none. */
export const getRecording = operation({
  name: 'recording.get',
  scope: 'member',
  input: z.object({ callId: z.string() }),
  reads: true,
  run: async (ctx, { callId }): Promise<RecordingWithLink> => {
    const { call } = await findCall(ctx, callId);
    return withLink(ctx, await recordingOf(ctx, call.id), call);
  },
});
