import { createHash } from 'node:crypto';
import { newId } from '../../platform/ids.ts';
import type { Services } from '../context.ts';
import { cleanFileName } from './file-name.ts';
import { type FileType, fileTypeOf, sampleBytes } from './file-type.ts';
import { limits } from './limits.ts';

/** A file whose bytes are in the blob store, and which nothing refers to yet. */
export interface StagedFile {
  readonly name: string;
  readonly type: FileType;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly blobKey: string;
}

export interface RefusedFile {
  readonly name: string;
  readonly reason: string;
  readonly tooLarge: boolean;
}

/**
 * Streams one uploaded file into the blob store and judges it by its content; a refused one leaves nothing behind.
 * At most a few samples of it are in memory. Throws what the source or the store throws.
 */
export async function stageFile(
  { ports }: Pick<Services, 'ports'>,
  { agentId, name: rawName, source }: { agentId: string; name: string; source: AsyncIterable<Uint8Array> },
): Promise<StagedFile | RefusedFile> {
  const name = cleanFileName(rawName);
  const shownName = name ?? rawName.slice(0, 100);
  const sample = new Sample(source);
  if (name === null) {
    for await (const _ of sample.bytes());
    return { name: shownName, reason: 'the file has no usable name', tooLarge: false };
  }
  const blobKey = `knowledge/${agentId}/${newId()}`;
  await ports.blobs.put(blobKey, sample.bytes());
  const judgement = sample.tooLarge
    ? { reason: `larger than ${limits.fileBytes / 1_048_576} MB` }
    : fileTypeOf({ name, head: sample.head, tail: sample.tail, sizeBytes: sample.sizeBytes });
  if ('type' in judgement)
    return { name, type: judgement.type, sizeBytes: sample.sizeBytes, sha256: sample.sha256(), blobKey };
  await ports.blobs.remove(blobKey);
  return { name: shownName, reason: judgement.reason, tooLarge: sample.tooLarge };
}

/** Looks at a stream as it passes. What is beyond the limit is read, so that the next file can follow, and dropped. */
class Sample {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  #head: Buffer[] = [];
  tail: Buffer = Buffer.alloc(0);
  sizeBytes = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  get tooLarge(): boolean {
    return this.sizeBytes > limits.fileBytes;
  }

  get head(): Buffer {
    return Buffer.concat(this.#head).subarray(0, sampleBytes);
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      const before = this.sizeBytes;
      this.sizeBytes += chunk.length;
      if (this.tooLarge) continue;
      if (before < sampleBytes) this.#head.push(Buffer.from(chunk));
      this.tail = Buffer.concat([this.tail, chunk]).subarray(-sampleBytes);
      this.#hash.update(chunk);
      yield chunk;
    }
  }
}
