import { newId } from '../../platform/ids.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { ContactList } from './contact-list.ts';
import { listLimits } from './import/limits.ts';
import { sniffTable } from './import/sniff.ts';
import { TableError } from './import/table.ts';
import { readUpload } from './import/upload.ts';
import { addPart, beginPart, judgeUpload } from './upload-steps.ts';

/**
 * Streams the bytes of a list into the blob store, from `offset` on: 0, or what the list has received so far when an
 * earlier connection broke. What comes before a break is kept (state `broken`), and the error is thrown on. When the
 * source ends by itself the file is whole and is looked at: state `received`, with encoding, delimiter, columns; or
 * `failed`, with the reason in words. Throws conflict for a wrong offset or a list that is not open any more.
 */
export async function receiveUpload(
  ctx: Context,
  { listId, offset = 0, source }: { listId: string; offset?: number; source: AsyncIterable<Uint8Array> },
): Promise<ContactList> {
  await beginPart(ctx, { listId, offset });
  const { blobs } = ctx.services.ports;
  const blobKey = `lists/${listId}/${newId()}`;
  const arriving = new Arriving(source, listLimits.fileBytes - offset);
  const sizeBytes = await blobs.put(blobKey, arriving.bytes());
  if (arriving.tooLarge || sizeBytes === 0) await blobs.remove(blobKey);
  const kept = arriving.tooLarge || sizeBytes === 0 ? null : { blobKey, sizeBytes };
  const list = await addPart(ctx, { listId, offset, part: kept, whole: arriving.whole }).catch(
    async (error: unknown) => {
      // Another connection was faster, or the list is gone: nobody else knows of these bytes.
      if (kept && error instanceof DomainError) await blobs.remove(blobKey);
      throw error;
    },
  );
  if (arriving.failure !== undefined) throw arriving.failure;
  if (arriving.tooLarge)
    return judgeUpload(ctx, {
      listId,
      verdict: { reason: `The file is larger than ${listLimits.fileBytes / 1024 ** 3} GB; split it.` },
    });
  return judgeUpload(ctx, { listId, verdict: await lookAt(ctx, list) });
}

/** A source as it arrives: what breaks off ends here, because what has come is worth keeping. */
class Arriving {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #roomBytes: number;
  failure: unknown;
  tooLarge = false;
  whole = false;

  constructor(source: AsyncIterable<Uint8Array>, roomBytes: number) {
    this.#source = source;
    this.#roomBytes = roomBytes;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    let room = this.#roomBytes;
    try {
      for await (const bytes of this.#source) {
        room -= bytes.length;
        if (room < 0) {
          // Read on and dropped, so that whoever sends it lives to hear why.
          this.tooLarge = true;
          continue;
        }
        yield bytes;
      }
      this.whole = true;
    } catch (error) {
      this.failure = error ?? new DomainError('unavailable', 'The upload broke off.');
    }
  }
}

type Verdict = Parameters<typeof judgeUpload>[1]['verdict'];

/** The whole file is read once: its encoding may show only at its end. */
async function lookAt(ctx: Context, list: ContactList): Promise<Verdict> {
  const head: Uint8Array[] = [];
  let headBytes = 0;
  const utf8 = new Utf8Check();
  for await (const bytes of readUpload(ctx.services, list.parts)) {
    if (headBytes < listLimits.sampleBytes) head.push(bytes);
    headBytes += bytes.length;
    utf8.take(bytes);
  }
  const sample = Buffer.concat(head).subarray(0, listLimits.sampleBytes);
  try {
    const { encoding, delimiter, columns, rows } = await sniffTable(
      sample,
      headBytes <= listLimits.sampleBytes,
      utf8.end(),
    );
    return { encoding, delimiter, columns: [...columns], rows: rows.map((row) => [...row]) };
  } catch (error) {
    if (error instanceof TableError) return { reason: error.message };
    throw error;
  }
}

class Utf8Check {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #valid = true;

  take(bytes: Uint8Array): void {
    if (!this.#valid) return;
    try {
      this.#decoder.decode(bytes, { stream: true });
    } catch {
      this.#valid = false;
    }
  }

  end(): boolean {
    try {
      this.#decoder.decode();
      return this.#valid;
    } catch {
      return false;
    }
  }
}
