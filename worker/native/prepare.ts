import { type NativeSide, nativeBindings } from './bindings.ts';
import { listenForReceipts, takeReceipt } from './receipts.ts';

/**
 * Keeps from JavaScript what costs it time and is of no use to it. To be called before the first room or track is made.
 *
 * Log lines of LiveKit's native side: rtc-node has each of them sent to JavaScript, decoded, handed to every room of
 * the process and dropped there, 12,000 a second while eight calls come in. They go to stderr now, as `RUST_LOG` says
 * (host-process.ts: none). And the receipts for our own frames of sound, see receipts.ts.
 */
export function prepareNativeSide(native: NativeSide = nativeBindings()): void {
  const initialize = native.livekitInitialize;
  native.livekitInitialize = (callback, _captureLogs, version) => {
    listenForReceipts();
    initialize((event) => void (takeReceipt(event) || callback(event)), false, version);
  };
}
