import type { recordingPieces } from '../../db/schema/recording-pieces.ts';

export type Piece = typeof recordingPieces.$inferSelect;

/** A run of samples in the joined recording: of one piece, or silence. */
export interface Span {
  readonly piece: Piece | null;
  readonly samples: number;
}

export interface Layout {
  /** When the first sample was heard. */
  readonly startedAt: Date;
  readonly samples: number;
  readonly spans: readonly Span[];
}

/**
 * Puts the pieces of a recording into their order and their distances: where nothing was recorded (a pause, the time
 * until another worker took over) there is silence, so that a moment of the call is found at its time. Within one
 * stretch pieces join to the sample; where clocks of two workers overlap, the later piece begins after the earlier.
 */
export function layoutOf(pieces: readonly Piece[], sampleRate: number): Layout {
  const placed = pieces
    .filter((piece) => piece.samples > 0)
    .map((piece) => ({ piece, at: positionOf(piece) }));
  placed.sort((a, b) => a.at - b.at || a.piece.epoch - b.piece.epoch || a.piece.seq - b.piece.seq);
  const first = placed[0]?.at ?? 0;
  const spans: Span[] = [];
  let end = 0;
  for (const { piece, at } of placed) {
    const gap = at - first - end;
    if (gap > 0) spans.push({ piece: null, samples: gap });
    spans.push({ piece, samples: piece.samples });
    end += Math.max(gap, 0) + piece.samples;
  }
  return { startedAt: new Date((first / sampleRate) * 1_000), samples: end, spans };

  /** In samples since 1970: exact, a double holds 285,000 years of them. */
  function positionOf({ stretchStartedAt, offsetSamples }: Piece): number {
    return Math.round((stretchStartedAt.getTime() * sampleRate) / 1_000) + offsetSamples;
  }
}
