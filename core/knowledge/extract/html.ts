import { type Block, oneLine } from './blocks.ts';
import { decodeEntities } from './entities.ts';

/** Elements whose content is not for readers. */
const hidden = new Set(
  'script style noscript template svg math iframe object canvas audio video nav select textarea'.split(' '),
);
/** Elements that stand within a line; any other tag ends it. */
const inline = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);

/** The text of a page: headings, paragraphs, list items; a row of a table in one line. Linear in its length. */
export function readHtml(html: string): Block[] {
  const blocks: Block[] = [];
  let line = '';
  let level = 0;
  let cells: string[] | null = null;
  const flush = () => {
    const text = oneLine(decodeEntities(line));
    line = '';
    if (text === '') return;
    if (cells !== null) cells.push(text);
    else if (level > 0) blocks.push({ kind: 'heading', level, text });
    else blocks.push({ kind: 'text', text });
  };
  const endRow = () => {
    flush();
    if (cells !== null && cells.length > 0) blocks.push({ kind: 'text', text: cells.join(' | ') });
    cells = null;
  };
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      line += html.slice(at);
      break;
    }
    line += html.slice(at, open);
    const tag = readTag(html, open);
    if (tag === null) {
      line += '<';
      at = open + 1;
      continue;
    }
    at = tag.end;
    if (tag.name === '' || inline.has(tag.name)) continue;
    if (!tag.closing && hidden.has(tag.name) && !tag.empty) {
      at = skip(html, tag.name, at);
      continue;
    }
    if (tag.name === 'tr' || tag.name === 'table') {
      endRow();
      if (tag.name === 'tr' && !tag.closing) cells = [];
      continue;
    }
    flush();
    if (/^h[1-6]$/.test(tag.name)) level = tag.closing ? 0 : Number(tag.name[1]);
    else if (tag.name === 'title') level = tag.closing ? 0 : 1;
  }
  endRow();
  return blocks;
}

interface Tag {
  /** Lower case; '' for comments, declarations and the like. */
  readonly name: string;
  readonly closing: boolean;
  readonly empty: boolean;
  /** Index behind it. */
  readonly end: number;
}

/** The tag at `open`; null when that `<` is only a character. */
function readTag(html: string, open: number): Tag | null {
  if (html.startsWith('<!--', open)) {
    const end = html.indexOf('-->', open + 4);
    return { name: '', closing: false, empty: true, end: end < 0 ? html.length : end + 3 };
  }
  const closing = html[open + 1] === '/';
  const start = open + (closing ? 2 : 1);
  const [name] = /^[a-z][a-z0-9-]{0,30}/i.exec(html.slice(start, start + 31)) ?? [''];
  if (name === '' && !/[!?/]/.test(html[open + 1] ?? '')) return null;
  const end = tagEnd(html, start + name.length);
  return { name: name.toLowerCase(), closing, empty: html[end - 2] === '/', end };
}

/** Behind the `>` that is not within a quoted value. */
function tagEnd(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length; at++) {
    const character = html[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if ((character === '"' || character === "'") && html[at - 1] === '=') quote = character;
    else if (character === '>') return at + 1;
  }
  return html.length;
}

/** Behind the closing tag of an element whose content does not count. */
function skip(html: string, name: string, from: number): number {
  for (let at = from; ; ) {
    const open = html.indexOf('</', at);
    if (open < 0) return html.length;
    if (html.slice(open + 2, open + 2 + name.length).toLowerCase() === name)
      return tagEnd(html, open + 2 + name.length);
    at = open + 2;
  }
}
