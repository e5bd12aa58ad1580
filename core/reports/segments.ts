/** From `startAt` on, to before `endAt`; a bound that is left out is none. */
export interface Span {
  readonly startAt?: Date | undefined;
  readonly endAt?: Date | undefined;
}

/**
 * How long the times are that rollups sum up, the shortest first: quarters of an hour, hours, days and four weeks, each
 * counted from the beginning of 1970 in UTC.
 */
export const grains = [15, 60, 1440, 40_320] as const;
export type GrainMinutes = (typeof grains)[number];
/** Rollups of two dimensions at once have no shorter ones. */
export const shortestOfPairs = 1440 satisfies GrainMinutes;
export const longestOfAll = 40_320 satisfies GrainMinutes;

export interface GrainRange {
  readonly shortest: GrainMinutes;
  readonly longest: GrainMinutes;
}

/** A span cut into what rollups cover, each piece by the longest grain that fits, and the rest. */
export interface Segments {
  readonly summed: readonly { readonly grain: GrainMinutes; readonly span: Span }[];
  readonly edges: readonly Span[];
}

const up = (at: Date, step: number): Date => new Date(Math.ceil(at.getTime() / step) * step);
const down = (at: Date, step: number): Date => new Date(Math.floor(at.getTime() / step) * step);

/**
 * Only grains from `shortest` to `longest` are used. Together the segments are the span: no moment is in two of them.
 */
export function segmentsOf(span: Span, { shortest, longest }: GrainRange): Segments {
  const summed: { grain: GrainMinutes; span: Span }[] = [];
  let inner: Span = span;
  let edges: readonly Span[] = [span];
  let shorter: GrainMinutes | undefined;
  for (const grain of grains) {
    if (grain < shortest) continue;
    if (grain > longest) break;
    const { middle, rest } = cut(inner, grain * 60_000);
    if (middle === null) break;
    if (shorter === undefined) edges = rest;
    else for (const side of rest) summed.push({ grain: shorter, span: side });
    [inner, shorter] = [middle, grain];
  }
  if (shorter !== undefined) summed.push({ grain: shorter, span: inner });
  return { summed, edges };
}

/** The part of a span that is whole steps, and what sticks out on both sides; null: no step is whole. */
function cut({ startAt, endAt }: Span, step: number): { middle: Span | null; rest: Span[] } {
  const [from, to] = [startAt && up(startAt, step), endAt && down(endAt, step)];
  if (from && to && from >= to) return { middle: null, rest: [] };
  const rest = [
    { startAt, endAt: from },
    { startAt: to, endAt },
  ].filter((side) => side.startAt && side.endAt && side.startAt < side.endAt);
  return { middle: { startAt: from, endAt: to }, rest };
}
