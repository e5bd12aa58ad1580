import { encodingOf } from './extract/decode-text.ts';
import { extensionOf } from './file-name.ts';

export type FileType = 'pdf' | 'docx' | 'txt' | 'md' | 'html' | 'csv';

const byExtension: Readonly<Record<string, FileType>> = {
  pdf: 'pdf',
  docx: 'docx',
  txt: 'txt',
  text: 'txt',
  md: 'md',
  markdown: 'md',
  html: 'html',
  htm: 'html',
  csv: 'csv',
  tsv: 'csv',
};

const names: Readonly<Record<FileType, string>> = {
  pdf: 'a PDF',
  docx: 'a Word document (DOCX)',
  txt: 'plain text',
  md: 'Markdown',
  html: 'HTML',
  csv: 'a table (CSV)',
};

/** Bytes from each end of a file that are enough to tell its type. */
export const sampleBytes = 65_600;

export type Judgement = { readonly type: FileType } | { readonly reason: string };

/**
 * What a file is, by its content; the name only tells text from text. A name that promises something else than the
 * content is refused, because one of the two is a mistake.
 *
 * @param head the first `sampleBytes` of the file
 * @param tail the last ones: a ZIP has its directory there
 */
export function fileTypeOf(file: { name: string; head: Buffer; tail: Buffer; sizeBytes: number }): Judgement {
  const { name, head, sizeBytes } = file;
  if (sizeBytes === 0) return { reason: 'the file is empty' };
  const extension = extensionOf(name);
  const promised = byExtension[extension];
  const found = byContent(file, promised);
  if ('reason' in found) return found;
  if (extension !== '' && promised === undefined)
    return { reason: `files named .${extension} are not supported; send PDF, DOCX, TXT, MD, HTML or CSV` };
  if (promised === undefined || promised === found.type) return found;
  // Any text may be called .txt or .md; HTML inside is then read as what it is.
  if (isTextual(promised) && isTextual(found.type)) return found;
  if (isTextual(found.type) && head.length > 0)
    return { reason: `named .${extension}, but its content is not ${names[promised]}` };
  return { reason: `named .${extension}, but its content is ${names[found.type]}` };
}

const isTextual = (type: FileType): boolean => type !== 'pdf' && type !== 'docx';

function byContent(
  { head, tail, sizeBytes }: { head: Buffer; tail: Buffer; sizeBytes: number },
  promised: FileType | undefined,
): Judgement {
  // Readers accept a PDF header anywhere in the first kilobyte (ISO 32000-1, annex H).
  if (head.subarray(0, 1_024).includes('%PDF-')) return { type: 'pdf' };
  if (startsWith(head, [0xd0, 0xcf, 0x11, 0xe0]))
    return { reason: 'an old or encrypted Office file; save it as DOCX without a password' };
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]))
    return [head, tail].some((part) => part.includes('word/document.xml'))
      ? { type: 'docx' }
      : { reason: 'a ZIP archive that is not a Word document' };
  if (encodingOf(head, { complete: sizeBytes <= head.length }) === null)
    return { reason: 'its content is neither text nor PDF nor DOCX' };
  if (looksLikeHtml(head)) return { type: 'html' };
  return { type: promised !== undefined && isTextual(promised) ? promised : 'txt' };
}

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);

const looksLikeHtml = (head: Buffer): boolean =>
  /^\s*(<\?xml[^>]{0,200}>\s*)?(<!--.{0,2000}?-->\s*)*<(!doctype\s+html|html|head|body)\b/is.test(
    head
      .subarray(0, 4_096)
      .toString('latin1')
      .replaceAll('\0', '')
      .replace(/^(ï»¿|ÿþ|þÿ)/, ''),
  );
