import { extractText, getDocumentProxy } from 'unpdf';
import { type Block, oneLine, UnreadableFileError } from './blocks.ts';

const maxPages = 5_000;

/** The text of each page. Throws UnreadableFileError for encrypted, damaged and scanned documents. */
export async function readPdf(bytes: Uint8Array): Promise<Block[]> {
  // A copy: the reader takes the memory for itself.
  const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 }).catch((error: unknown) => {
    throw new UnreadableFileError(reasonOf(error));
  });
  if (document.numPages > maxPages)
    throw new UnreadableFileError(`The PDF has ${document.numPages} pages; at most ${maxPages} are read.`);
  const { text: pages } = await extractText(document, { mergePages: false }).catch((error: unknown) => {
    throw new UnreadableFileError(reasonOf(error));
  });
  const blocks = pages.flatMap((text, index) =>
    paragraphsOf(text).map((paragraph): Block => ({ kind: 'text', text: paragraph, page: index + 1 })),
  );
  if (blocks.length === 0)
    throw new UnreadableFileError('There is no text in the PDF; scanned pages need text recognition first.');
  return blocks;
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') return 'The PDF is encrypted; save it without a password.';
  return 'The PDF is damaged and cannot be read.';
}

/** Lines of a page are visual: an empty one, or a short one that ends a sentence, ends the paragraph. */
function paragraphsOf(page: string): string[] {
  const paragraphs: string[] = [];
  let current = '';
  const lines = page.split('\n').map(oneLine);
  const width = Math.max(...lines.map((line) => line.length));
  for (const line of lines) {
    if (line !== '') current = joined(current, line);
    const ends = line === '' || (line.length < width * 0.7 && /[.!?:。！？]["')\]]?$/.test(line));
    if (!ends || current === '') continue;
    paragraphs.push(current);
    current = '';
  }
  return current === '' ? paragraphs : [...paragraphs, current];
}

/** A word that was broken at the end of a line is one word again. */
const joined = (before: string, line: string): string => {
  if (before === '') return line;
  return /\p{Ll}-$/u.test(before) && /^\p{Ll}/u.test(line) ? before.slice(0, -1) + line : `${before} ${line}`;
};
