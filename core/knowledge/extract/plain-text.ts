import { type Block, oneLine } from './blocks.ts';

/** Paragraphs by empty lines. A file with a paragraph to each line has none, and its lines are taken as they are. */
export function readPlainText(text: string): Block[] {
  return text
    .split(/\n[ \t]*(?:\n[ \t]*)+/)
    .flatMap((paragraph) => {
      const lines = paragraph.split('\n').map(oneLine).filter(Boolean);
      // Long lines are paragraphs by themselves; short ones were broken to fit a page.
      return lines.some((line) => line.length > 120) ? lines : [lines.join(' ')];
    })
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => ({ kind: 'text', text: paragraph }));
}
