import type { SpokenClause } from '../../engines/synthesizer.ts';

export interface Alignment {
  readonly chars: string[];
  readonly charStartTimesMs: number[];
  readonly charDurationsMs: number[];
}

/**
 * When each character is said, as good as it can be known: the clause's time shared out over its characters,
 * the pause given to the last ones. Spaces are kept: clients build words from these characters.
 */
export function alignClause({ text, samples, pauseSamples }: SpokenClause, sampleRate: number): Alignment {
  const chars = [...text];
  const speechMs = ((samples.length - pauseSamples) / sampleRate) * 1_000;
  const pauseMs = (pauseSamples / sampleRate) * 1_000;
  const said = [...text.trimEnd()].length;
  const weights = chars.map((char, index): number => {
    if (index >= said) return 0;
    return /[\p{L}\p{N}]/u.test(char) ? 1 : 0.4;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const silent = Math.max(1, chars.length - said);
  const starts: number[] = [];
  const durations: number[] = [];
  let at = 0;
  for (const [index, weight] of weights.entries()) {
    const share = (weight / total) * speechMs;
    const pause =
      index >= said ? pauseMs / silent : index === said - 1 && said === chars.length ? pauseMs : 0;
    const end = at + share + pause;
    starts.push(Math.round(at));
    durations.push(Math.round(end) - Math.round(at));
    at = end;
  }
  return { chars, charStartTimesMs: starts, charDurationsMs: durations };
}

export const shiftAlignment = (alignment: Alignment, byMs: number): Alignment => ({
  ...alignment,
  charStartTimesMs: alignment.charStartTimesMs.map((start) => start + Math.round(byMs)),
});
