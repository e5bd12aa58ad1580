import type { Piece } from './layout.ts';

/** What the events of a call say about its recording; times are epoch ms. */
export interface RecordingEvent {
  readonly epoch: number;
  readonly type: 'started' | 'paused' | 'resumed' | 'stopped';
  readonly at: number;
  /** Of `stopped`: why it was not all of the call; empty when it was. */
  readonly detail: string;
}

/** A part of the call that should have been recorded and was not, epoch ms. */
export interface MissingPart {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

type Span = Pick<MissingPart, 'from' | 'to'>;

/** An event is written a moment before or after the sound that it speaks of. */
const toleranceMs = 500;

/**
 * What lacks of a recording, up to the moment `until` (the end of the call, or now): what its workers began to record
 * and did not pause, less the pieces that are here. A worker that said orderly that it had finished, and whose pieces
 * are all here, lacks nothing; one that was lost or whose disk failed lacks everything until another one records. Pure.
 *
 * @param pieces in the order of their numbers
 */
export function missingParts(
  events: readonly RecordingEvent[],
  pieces: readonly Piece[],
  sampleRate: number,
  until: number,
): MissingPart[] {
  const lacking: MissingPart[] = [];
  for (const epoch of epochsOf(events)) {
    const stopped = events.find((event) => event.epoch === epoch && event.type === 'stopped');
    const inOrder = stopped?.detail === '';
    if (inOrder && isWhole(pieces, epoch)) continue;
    const end = inOrder ? stopped.at : startAfter(events, epoch, until);
    const reason = inOrder ? 'A piece of it did not arrive.' : reasonOf(events, epoch);
    const own = pieces.filter((piece) => piece.epoch === epoch).map((piece) => spanOf(piece, sampleRate));
    for (const wanted of wantedOf(events, epoch, Math.min(end, until)))
      for (const gap of without(wanted, own))
        if (gap.to - gap.from > toleranceMs) lacking.push({ ...gap, reason });
  }
  return lacking.sort((a, b) => a.from - b.from);
}

/** Every worker that recorded has sent everything up to its last piece. Pure. */
export const isAllHere = (events: readonly RecordingEvent[], pieces: readonly Piece[]): boolean =>
  [...epochsOf(events), ...pieces.map(({ epoch }) => epoch)].every((epoch) => isWhole(pieces, epoch));

/** Of one worker: all its pieces from the first to the last. Pure. */
export function isWhole(pieces: readonly Piece[], epoch: number): boolean {
  const own = pieces.filter((piece) => piece.epoch === epoch);
  return own.length > 0 && own.find(({ isLast }) => isLast)?.seq === own.length;
}

const epochsOf = (events: readonly RecordingEvent[]): number[] =>
  events.filter(({ type }) => type === 'started').map(({ epoch }) => epoch);

/** When another worker records, or `until`. */
const startAfter = (events: readonly RecordingEvent[], epoch: number, until: number): number =>
  events.find((event) => event.epoch > epoch && event.type === 'started')?.at ?? until;

/** The loss of a recorder stands in the epoch after its own. */
const reasonOf = (events: readonly RecordingEvent[], epoch: number): string =>
  events.find((event) => event.epoch >= epoch && event.type === 'stopped' && event.detail !== '')?.detail ??
  'The worker that recorded was lost.';

/** What one worker wanted to record, pauses left out, if it wanted so until `end`. */
function wantedOf(events: readonly RecordingEvent[], epoch: number, end: number): Span[] {
  const spans: Span[] = [];
  let from: number | undefined;
  for (const { at, type } of events.filter((event) => event.epoch === epoch)) {
    if (type === 'started' || type === 'resumed') from ??= at;
    else if (type === 'paused' && from !== undefined) {
      spans.push({ from, to: at });
      from = undefined;
    }
  }
  return from === undefined || from >= end ? spans : [...spans, { from, to: end }];
}

function spanOf({ stretchStartedAt, offsetSamples, samples }: Piece, sampleRate: number): Span {
  const from = stretchStartedAt.getTime() + (offsetSamples / sampleRate) * 1_000;
  return { from, to: from + (samples / sampleRate) * 1_000 };
}

/** What is left of a span when others are taken out of it. */
function without(span: Span, others: readonly Span[]): Span[] {
  const gaps: Span[] = [];
  let at = span.from;
  for (const { from, to } of [...others].sort((a, b) => a.from - b.from)) {
    if (from >= span.to) break;
    if (from > at) gaps.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  return at < span.to ? [...gaps, { from: at, to: span.to }] : gaps;
}
