import { beginCapture, noteCaptureListens, settleCapture } from '../../core/captures/index.ts';
import { background } from '../../platform/background.ts';
import { type CaptureLimits, captureCall } from '../../sip/capture/tcpdump.ts';
import type { JobServices } from '../services.ts';

/** Ten minutes for the call to come, ten for it to last; 20 MB are a quarter of an hour of G.711. */
const captureLimits: CaptureLimits = { waitMs: 600_000, lastsMs: 600_000, sizeBytes: 20_000_000 };

/** Waits for the next call of a number and stores its packets. A capture whose process is lost is not begun again. */
export async function capturePackets(services: JobServices, captureId: string): Promise<string> {
  const order = await beginCapture(services.ctx, { captureId });
  if (order === null) return 'nothing to capture';
  const { sipPlace, log, core, ctx } = services;
  try {
    if (sipPlace === null) throw new Error('livekit-sip does not run on this machine.');
    const onListening = () =>
      background(log, 'saying that a capture listens', noteCaptureListens(ctx, { captureId }));
    const captured = await captureCall(sipPlace, { number: order.e164, limits: captureLimits, onListening });
    const { file, sipCallId, cut } = captured;
    const { blobKey } = order;
    const sizeBytes = await core.ports.blobs.put(blobKey, once(file));
    await settleCapture(ctx, { captureId, detail: cut, file: { sipCallId, blobKey, sizeBytes } });
    return 'captured';
  } catch (error) {
    log.warn({ err: error, captureId }, 'the packets of a call were not captured');
    const detail = error instanceof Error ? error.message : String(error);
    await settleCapture(ctx, { captureId, detail, file: null });
    return 'failed';
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
