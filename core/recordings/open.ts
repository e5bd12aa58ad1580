import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Layout, layoutOf } from './layout.ts';
import { isLinkValid } from './link.ts';
import { piecesOf, recordingOf } from './recording.ts';

/** What a signed link leads to, as far as it has come. Throws forbidden for a link that is wrong or too old. */
export const openRecording = operation({
  name: 'recording.open',
  scope: 'public',
  input: z.object({ callId: z.uuid(), expiresAtMs: z.number(), signature: z.string() }),
  reads: true,
  run: async (ctx, input): Promise<{ layout: Layout; sampleRate: number }> => {
    if (!isLinkValid(ctx.services.authSecret, { ...input, id: input.callId }))
      throw new DomainError('forbidden', 'This link is wrong or too old. Ask for a new one.');
    const { id, sampleRate } = await recordingOf(ctx, input.callId);
    return { sampleRate, layout: layoutOf(await piecesOf(ctx, id), sampleRate) };
  },
});
