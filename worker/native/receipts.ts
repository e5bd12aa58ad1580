import { type Resolvers, withResolvers } from '../../platform/with-resolvers.ts';

/**
 * The native side says of every frame of sound that it has been taken: a hundred times a second and call. rtc-node
 * decodes each receipt and asks everybody in the process who waits for anything whether it is theirs. Those for our own
 * frames (frame-feed.ts) are told by their first byte and read here.
 *
 * A receipt is an `FfiEvent` whose only field is `capture_audio_frame` (13): `async_id` (1) and, if it failed, `error`
 * (2).
 */
const [receiptTag, idTag, errorTag] = [0x6a, 0x08, 0x12];

/** Above every id that the native side or rtc-node count themselves. */
let nextId = 2 ** 40;
let isListening = false;
const waiting = new Map<number, Resolvers<void>>();

export const newReceiptId = (): number => nextId++;

/** From now on every event of the native side is shown to `takeReceipt`. */
export function listenForReceipts(): void {
  isListening = true;
}

/** Resolves when the frame that was sent under this id has been taken; rejects with the native side's reason. */
export function receiptOf(id: number): Promise<void> {
  if (!isListening)
    throw new Error('prepareNativeSide() must be called before the first room or track is made.');
  const resolvers = withResolvers<void>();
  waiting.set(id, resolvers);
  return resolvers.promise;
}

export const forgetReceipt = (id: number): void => void waiting.delete(id);

/** Whether an event was a receipt that somebody here waited for. */
export function takeReceipt(event: Uint8Array): boolean {
  if (event[0] !== receiptTag) return false;
  const reader = { bytes: event, at: 1 };
  readVarint(reader);
  if (event[reader.at++] !== idTag) return false;
  const id = readVarint(reader);
  const waiter = waiting.get(id);
  if (!waiter) return false;
  waiting.delete(id);
  if (event[reader.at++] !== errorTag) waiter.resolve();
  else {
    const length = readVarint(reader);
    waiter.reject(new Error(Buffer.from(event.subarray(reader.at, reader.at + length)).toString('utf8')));
  }
  return true;
}

/** Reads an unsigned LEB128 number; exact up to 2^53. */
function readVarint(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}
