import { expect, test, vi } from 'vitest';
import { nativeBindings } from './bindings.ts';
import { prepareNativeSide } from './prepare.ts';
import { forgetReceipt, newReceiptId, receiptOf } from './receipts.ts';

const real = nativeBindings();

/** A native side that is started the way rtc-node starts it; answers what it was started with. */
function started(callback: (event: Uint8Array) => void) {
  const livekitInitialize = vi.fn<typeof real.livekitInitialize>();
  const native = { ...real, livekitInitialize };
  prepareNativeSide(native);
  native.livekitInitialize(callback, true, '1.2.3');
  const [tell, captureLogs, version] = livekitInitialize.mock.calls[0] ?? [];
  return { tell: tell ?? (() => undefined), captureLogs, version };
}

const event = (value: object): Uint8Array => {
  const { FfiEvent } = real as unknown as { FfiEvent: typeof real.FfiRequest };
  return new FfiEvent({ message: value }).toBinary();
};
const receipt = (asyncId: number, error?: string) =>
  event({ case: 'captureAudioFrame', value: { asyncId: BigInt(asyncId), error } });

test('the native side is not asked for its log lines', () => {
  expect(started(() => undefined)).toMatchObject({ captureLogs: false, version: '1.2.3' });
});

test('a receipt for a frame of ours goes to who sent it, and nobody else is told', async () => {
  const callback = vi.fn();
  const { tell } = started(callback);
  const id = newReceiptId();
  const taken = receiptOf(id);
  tell(receipt(id));
  await expect(taken).resolves.toBeUndefined();
  const refused = receiptOf(id);
  tell(receipt(id, 'the source is closed · zu'));
  await expect(refused).rejects.toThrow('the source is closed · zu');
  expect(callback).not.toHaveBeenCalled();
});

test('all else is for rtc-node: receipts of its own frames, of closed feeds, and other events', () => {
  const callback = vi.fn();
  const { tell } = started(callback);
  const id = newReceiptId();
  void receiptOf(id);
  forgetReceipt(id);
  const others = [receipt(7), receipt(id), event({ case: 'disconnect', value: { asyncId: 3n } })];
  for (const one of others) tell(one);
  expect(callback.mock.calls.map(([bytes]) => bytes)).toEqual(others);
});

test('it is the module that rtc-node takes it from', () => {
  const before = real.livekitInitialize;
  prepareNativeSide();
  expect(real.livekitInitialize).not.toBe(before);
  real.livekitInitialize = before;
});
