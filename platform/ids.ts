import { randomBytes } from 'node:crypto';

/** Randomness is fetched for many ids at once: asking the system costs more than the rest of an id. */
const pool = { bytes: Buffer.alloc(0), at: 0 };

/** A UUID version 7 (RFC 9562): sorts by time of creation. */
export function newId(now = Date.now()): string {
  if (pool.at >= pool.bytes.length) {
    pool.bytes = randomBytes(4_096);
    pool.at = 0;
  }
  const { bytes, at } = pool;
  pool.at += 16;
  bytes.writeUIntBE(now, at, 6);
  bytes[at + 6] = ((bytes[at + 6] ?? 0) & 0x0f) | 0x70;
  bytes[at + 8] = ((bytes[at + 8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => uuidPattern.test(text);
