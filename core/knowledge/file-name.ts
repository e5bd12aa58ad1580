const maxLength = 200;

/**
 * A file name as it is kept and shown: the last part of a path, composed (NFC), without control and direction
 * characters. Null when nothing is left.
 */
export function cleanFileName(raw: string): string | null {
  const last = raw.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/^[\s.]+/, '')
    .replace(/[\s.]+$/, '');
  if (clean === '') return null;
  const letters = [...clean];
  if (letters.length <= maxLength) return clean;
  const extension = extensionOf(clean);
  const tail = extension === '' ? '' : `.${extension}`;
  return letters.slice(0, maxLength - tail.length).join('') + tail;
}

/** In lower case, without the dot; '' when there is none. "Price list v1.2" has none. */
export const extensionOf = (name: string): string =>
  /\.([a-z][a-z0-9]{0,9})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
