import type { FileType } from '../file-type.ts';
import { limits } from '../limits.ts';
import { type Block, type Passage, UnreadableFileError } from './blocks.ts';
import { chunk } from './chunk.ts';
import { readCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { readHtml } from './html.ts';
import { readMarkdown } from './markdown.ts';
import { readPlainText } from './plain-text.ts';

/** A file as passages. Throws UnreadableFileError with words for whoever uploaded it. */
export async function extractPassages(bytes: Buffer, type: FileType): Promise<Passage[]> {
  const blocks = await readBlocks(bytes, type);
  const length = blocks.reduce((sum, { text }) => sum + text.length, 0);
  if (length === 0) throw new UnreadableFileError('There is no text in the file.');
  if (length > limits.textLength)
    throw new UnreadableFileError(
      `The file holds ${length} characters of text; at most ${limits.textLength} are indexed. Split it.`,
    );
  const passages = chunk(blocks);
  if (passages.length > limits.passagesPerFile)
    throw new UnreadableFileError(
      `The file makes ${passages.length} passages; at most ${limits.passagesPerFile} are indexed. Split it.`,
    );
  return passages;
}

async function readBlocks(bytes: Buffer, type: FileType): Promise<Block[]> {
  // Large libraries, loaded only for whom they are meant.
  if (type === 'pdf') return (await import('./pdf.ts')).readPdf(bytes);
  if (type === 'docx') return (await import('./docx.ts')).readDocx(bytes);
  const text = decodeText(bytes)?.replaceAll(/\r\n?/g, '\n');
  if (text === undefined) throw new UnreadableFileError('The file is damaged: parts of it are no text.');
  if (type === 'csv') return readCsv(text);
  if (type === 'html') return readHtml(text);
  return type === 'md' ? readMarkdown(text) : readPlainText(text);
}
