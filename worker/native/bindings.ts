import { createRequire } from 'node:module';

/** What we use of rtc-node's native side without rtc-node in between. */
export interface NativeSide {
  livekitInitialize(callback: (event: Uint8Array) => void, captureLogs: boolean, version: string): void;
  /** Carries out a request (`FfiRequest`, protobuf). Throws when it is refused. */
  livekitFfiRequest(request: Uint8Array): Uint8Array;
  /** Where the bytes lie in memory. */
  livekitRetrievePtr(bytes: Uint8Array): bigint;
  readonly FfiRequest: new (request: unknown) => { toBinary(): Uint8Array };
}

/** The very module that rtc-node uses, whichever version that is. */
export function nativeBindings(): NativeSide {
  return createRequire(import.meta.resolve('@livekit/rtc-node'))('@livekit/rtc-ffi-bindings');
}
