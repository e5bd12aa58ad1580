import type { UploadPart } from '../../../db/schema/contact-lists.ts';
import { BlobNotFoundError } from '../../../platform/blob-store.ts';
import type { Services } from '../../context.ts';
import { TableError } from './table.ts';

/** The pieces of an upload as one stream. `progress.bytes` grows as it is read. Throws TableError for lost pieces. */
export async function* readUpload(
  { ports }: Pick<Services, 'ports'>,
  parts: readonly UploadPart[],
  progress = { bytes: 0 },
): AsyncGenerator<Uint8Array> {
  for (const { blobKey } of parts) {
    const piece = await ports.blobs.get(blobKey).catch((error: unknown) => {
      throw error instanceof BlobNotFoundError
        ? new TableError('The stored bytes of the list are gone; upload it again.')
        : error;
    });
    for await (const bytes of piece as AsyncIterable<Uint8Array>) {
      progress.bytes += bytes.length;
      yield bytes;
    }
  }
}
