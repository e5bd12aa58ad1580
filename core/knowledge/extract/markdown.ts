import { type Block, oneLine } from './blocks.ts';
import { decodeEntities } from './entities.ts';

/** Headings, paragraphs, list items; rows of tables as they stand. Marks that only shape the text are taken out. */
export function readMarkdown(markdown: string): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  let fenced = '';
  const flush = () => {
    const text = plain(paragraph.join(' '));
    paragraph = [];
    if (text !== '') blocks.push({ kind: 'text', text });
  };
  for (const line of withoutFrontMatter(markdown).split('\n')) {
    const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence !== '' && (fenced === '' || fence.startsWith(fenced))) {
      flush();
      fenced = fenced === '' ? fence : '';
      continue;
    }
    if (fenced !== '') {
      if (line.trim() !== '') blocks.push({ kind: 'text', text: oneLine(line) });
      continue;
    }
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    const underline = /^\s{0,3}(=+|-+)\s*$/.exec(line)?.[1];
    if (heading) {
      flush();
      pushHeading(blocks, heading[1]?.length ?? 1, heading[2] ?? '');
    } else if (underline !== undefined && paragraph.length > 0) {
      const text = paragraph.join(' ');
      paragraph = [];
      pushHeading(blocks, underline.startsWith('=') ? 1 : 2, text);
    } else if (line.trim() === '' || /^\s{0,3}([-*_]\s*){3,}$/.test(line)) flush();
    else if (/^\s*([-*+]|\d{1,9}[.)])\s+/.test(line)) {
      flush();
      paragraph.push(line.replace(/^\s*([-*+]|\d{1,9}[.)])\s+(\[[ x]\]\s+)?/i, ''));
    } else if (/^\s*\|.*\|\s*$/.test(line)) {
      flush();
      const cells = line.trim().slice(1, -1).split('|').map(plain);
      if (!cells.every((cell) => /^:?-*:?$/.test(cell)))
        blocks.push({ kind: 'text', text: cells.join(' | ') });
    } else paragraph.push(line.replace(/^\s*(>\s?)+/, ''));
  }
  flush();
  return blocks;
}

function pushHeading(blocks: Block[], level: number, text: string): void {
  const clean = plain(text);
  if (clean !== '') blocks.push({ kind: 'heading', level, text: clean });
}

const withoutFrontMatter = (text: string): string =>
  text.replace(/^---\r?\n[\s\S]{0,20000}?\r?\n(---|\.\.\.)[ \t]*(\r?\n|$)/, '');

const plain = (text: string): string =>
  oneLine(
    decodeEntities(
      text
        .replaceAll(/<!--[\s\S]{0,2000}?-->|<\/?[a-z][^<>]{0,1000}>/gi, ' ')
        // Images and links: their words, not their addresses.
        .replaceAll(/!?\[([^[\]]{0,1000})\]\((?:[^()\s]{0,2000})(?:\s+"[^"]{0,500}")?\)/g, '$1')
        .replaceAll(/!?\[([^[\]]{1,1000})\]\[[^[\]]{0,200}\]/g, '$1')
        .replaceAll(/<(https?:[^<>\s]{1,2000})>/g, '$1')
        .replaceAll(
          /(?<![\p{L}\p{N}])(\*{1,3}|_{2,3}|~~|`+)(?=\S)|(?<=\S)(\*{1,3}|_{2,3}|~~|`+)(?![\p{L}\p{N}])/gu,
          '',
        )
        .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1'),
    ),
  );
