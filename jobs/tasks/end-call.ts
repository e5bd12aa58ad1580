import { locateCall } from '../../core/calls/locate.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { growing, job } from '../define.ts';

export const endCallJob = job({
  name: 'end-call',
  attempts: 8,
  backoff: growing(300),
  concurrency: 20,
  timeoutMs: 30_000,
  run: async ({ ctx, livekit }, { callId }) => {
    const { roomName } = await locateCall(ctx, { callId });
    await hangUp(livekit, { roomName });
  },
});
