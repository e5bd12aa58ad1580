import { frameMs } from './voice-activity.ts';

export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The recognizer gives no times: words are laid over the voiced frames, each as long as its letters.
 * `voiced` has one entry a frame from `startMs` on.
 */
export function wordTimings(text: string, voiced: readonly boolean[], startMs: number): TimedWord[] {
  const words = text.split(/\s+/).filter(Boolean);
  const frames = voiced.flatMap((isVoiced, index) => (isVoiced ? [index] : []));
  if (words.length === 0 || frames.length === 0) return [];
  const weights = words.map((word) => 1.5 + word.replace(/[^\p{L}\p{N}]/gu, '').length);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const timeAt = (share: number): number => {
    const index = Math.min(frames.length - 1, Math.floor(share * frames.length));
    return startMs + (frames[index] ?? 0) * frameMs;
  };
  let spent = 0;
  return words.map((word, index) => {
    const from = timeAt(spent / total);
    spent += weights[index] ?? 0;
    const isLast = index === words.length - 1;
    return { text: word, startMs: from, endMs: timeAt(spent / total) + (isLast ? frameMs : 0) };
  });
}
