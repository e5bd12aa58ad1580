import { createInflateRaw } from 'node:zlib';
import { UnreadableFileError } from './blocks.ts';

const endMagic = 0x06054b50;
const entryMagic = 0x02014b50;
const localMagic = 0x04034b50;
const damaged = () => new UnreadableFileError('The file is damaged: its ZIP structure cannot be read.');

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly compressedBytes: number;
  readonly offset: number;
}

/**
 * Inflates every entry of a ZIP without keeping anything, so that a bomb is found before a library swallows it: what
 * an archive says about its own sizes is not believed. Throws UnreadableFileError.
 */
export async function checkZip(bytes: Buffer, { maxBytes }: { maxBytes: number }): Promise<void> {
  let left = maxBytes;
  for (const entry of directoryOf(bytes)) {
    if ((entry.flags & 1) !== 0)
      throw new UnreadableFileError('The file is encrypted; save it without a password.');
    const data = dataOf(bytes, entry);
    left -= entry.method === 0 ? data.length : await inflatedSize(data, left);
    if (left < 0)
      throw new UnreadableFileError(
        `The file unpacks to more than ${Math.round(maxBytes / 1_048_576)} MB, which no document needs.`,
      );
  }
}

/** APPNOTE.TXT 4.3.12 and 4.3.16. ZIP64 is for archives that are too large anyway. */
function directoryOf(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== endMagic) throw damaged();
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== entryMagic) throw damaged();
    entries.push({
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      compressedBytes: bytes.readUInt32LE(at + 20),
      offset: bytes.readUInt32LE(at + 42),
    });
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function dataOf(bytes: Buffer, { offset, compressedBytes, method }: Entry): Buffer {
  if (method !== 0 && method !== 8) throw damaged();
  if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== localMagic) throw damaged();
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  if (start + compressedBytes > bytes.length) throw damaged();
  return bytes.subarray(start, start + compressedBytes);
}

/** Stops counting soon after `maxBytes`. */
async function inflatedSize(data: Buffer, maxBytes: number): Promise<number> {
  const inflate = createInflateRaw();
  inflate.end(data);
  let size = 0;
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } catch {
    throw damaged();
  } finally {
    inflate.destroy();
  }
  return size;
}
