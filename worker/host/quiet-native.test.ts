import { createRequire } from 'node:module';
import { expect, test, vi } from 'vitest';
import { quietNativeSide } from './quiet-native.ts';

test('the native side is not asked for its log lines, and all else is as rtc-node wants it', () => {
  const livekitInitialize = vi.fn();
  const native = { livekitInitialize };
  quietNativeSide(native);
  const callback = () => undefined;
  native.livekitInitialize(callback, true, '1.2.3');
  expect(livekitInitialize).toHaveBeenCalledWith(callback, false, '1.2.3');
});

test('it is the module that rtc-node takes it from', () => {
  const bindings = createRequire(import.meta.resolve('@livekit/rtc-node'))('@livekit/rtc-ffi-bindings');
  const before = bindings.livekitInitialize;
  quietNativeSide();
  expect(bindings.livekitInitialize).not.toBe(before);
  bindings.livekitInitialize = before;
});
