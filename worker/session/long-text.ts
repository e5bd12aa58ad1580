import { ReadableStream } from 'node:stream/web';
import type { AudioFrame } from '@livekit/rtc-node';
import { framesOf } from './frames.ts';

/** About fifteen seconds of speech. */
const longestPiece = 250;
const sentence = /[^.!?…。！？\n]+[.!?…。！？\n]*\s*/gu;

/**
 * The first sentence, so that it can be heard soon, and then pieces that end where a sentence does. What has no end of
 * a sentence for long is cut at a space. Pure.
 */
export function piecesOf(text: string): readonly [string, ...string[]] {
  const [first = text, ...rest] = (text.match(sentence) ?? [text]).flatMap(cut);
  const pieces: string[] = [];
  for (const next of rest) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + next.length <= longestPiece)
      pieces[pieces.length - 1] = last + next;
    else pieces.push(next);
  }
  return [first.trim(), ...pieces.map((piece) => piece.trim()).filter(Boolean)];
}

function cut(text: string): string[] {
  if (text.length <= longestPiece) return [text];
  const space = text.lastIndexOf(' ', longestPiece);
  const at = space > 0 ? space + 1 : longestPiece;
  return [text.slice(0, at), ...cut(text.slice(at))];
}

/**
 * Pieces as one stream, each rendered while the one before it is heard. A piece that cannot be rendered ends it there.
 *
 * @param onBegin the first frame is asked for: it is heard now
 */
export function streamOfPieces(
  first: Int16Array,
  rest: readonly string[],
  { render, onBegin }: { render: (text: string) => Promise<Int16Array>; onBegin: () => void },
): ReadableStream<AudioFrame> {
  const renderAhead = (text: string | undefined) =>
    text === undefined ? null : render(text).catch(() => null);
  async function* frames(): AsyncGenerator<AudioFrame> {
    onBegin();
    let next = renderAhead(rest[0]);
    yield* framesOf(first);
    for (let at = 1; next; at++) {
      const samples = await next;
      if (!samples) return;
      next = renderAhead(rest[at]);
      yield* framesOf(samples);
    }
  }
  return ReadableStream.from(frames());
}
