import { createRequire } from 'node:module';

/** What rtc-node calls of its native side once, before anything else. */
interface NativeSide {
  livekitInitialize(callback: (event: Uint8Array) => void, captureLogs: boolean, version: string): void;
}

/**
 * Leaves the log lines of LiveKit's native side where they are. rtc-node has each of them sent to JavaScript, decoded,
 * handed to every room of the process and dropped there: 12,000 a second while eight calls come in. They go to stderr
 * now, as `RUST_LOG` says (host-process.ts: none). To be called before the first room or track is made.
 */
export function quietNativeSide(native: NativeSide = bindings()): void {
  const initialize = native.livekitInitialize;
  native.livekitInitialize = (callback, _captureLogs, version) => initialize(callback, false, version);
}

/** The very module that rtc-node uses, whichever version that is. */
function bindings(): NativeSide {
  return createRequire(import.meta.resolve('@livekit/rtc-node'))('@livekit/rtc-ffi-bindings');
}
