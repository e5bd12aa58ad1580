import iconv from 'iconv-lite';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Control characters that no text has; white space is among the others. */
const controls = /(?!\s)\p{Cc}/u;

/**
 * The encoding of a text by its first bytes: a byte order mark, the zeros that UTF-16 has in every other place, valid
 * UTF-8, else Latin-1. Null: these bytes are no text.
 *
 * @param complete false: the bytes may end within a character
 */
export function encodingOf(bytes: Uint8Array, { complete = true } = {}): Encoding | null {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return isText(bytes, 'utf-8', complete);
  if (a === 0xff && b === 0xfe) return isText(bytes, 'utf-16le', complete);
  if (a === 0xfe && b === 0xff) return isText(bytes, 'utf-16be', complete);
  const wide = wideEncoding(bytes);
  if (wide !== null) return isText(bytes, wide, complete);
  return isText(bytes, 'utf-8', complete) ?? isText(bytes, 'windows-1252', complete);
}

/** UTF-16 without a mark: in mostly Latin text the high bytes are zero, the low ones are not. */
function wideEncoding(bytes: Uint8Array): Encoding | null {
  const length = Math.min(bytes.length & ~1, 4_096);
  if (length < 4) return null;
  let [even, odd] = [0, 0];
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const many = length / 2 / 3;
  if (odd > many && even < many / 10) return 'utf-16le';
  return even > many && odd < many / 10 ? 'utf-16be' : null;
}

function isText(bytes: Uint8Array, encoding: Encoding, complete: boolean): Encoding | null {
  try {
    return controls.test(decode(bytes, encoding, complete)) ? null : encoding;
  } catch {
    return null;
  }
}

/** Node 20 takes windows-1252 for Latin-1, and so reads a euro sign as a control character; iconv-lite does not. */
function decode(bytes: Uint8Array, encoding: Encoding, complete: boolean): string {
  if (encoding === 'windows-1252') return iconv.decode(bytes, encoding);
  return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: !complete });
}

/** A whole text; null when it is none. */
export function decodeText(bytes: Uint8Array): string | null {
  const encoding = encodingOf(bytes);
  return encoding === null ? null : decode(bytes, encoding, true);
}
