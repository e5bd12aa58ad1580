import mammoth from 'mammoth';
import { type Block, UnreadableFileError } from './blocks.ts';
import { readHtml } from './html.ts';
import { checkZip } from './zip.ts';

const maxUnpackedBytes = 100 * 1024 * 1024;

/** A Word document by way of the HTML that mammoth makes of it. Throws UnreadableFileError. */
export async function readDocx(bytes: Buffer): Promise<Block[]> {
  await checkZip(bytes, { maxBytes: maxUnpackedBytes });
  const { value } = await mammoth
    .convertToHtml(
      { buffer: bytes },
      {
        // Nobody looks at the pictures; inlined they would be most of the text.
        convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
        externalFileAccess: false,
      },
    )
    .catch(() => {
      throw new UnreadableFileError('The Word document is damaged and cannot be read.');
    });
  return readHtml(value);
}
