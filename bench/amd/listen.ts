import { transcribe } from '../../simulate/audio/transcribe.ts';
import { Ear } from '../../worker/session/amd/ear.ts';
import { Judge, type Verdict } from '../../worker/session/amd/judge.ts';

const rate = 16_000;
const frameSamples = 800;
const askEveryMs = 100;
/** A recogniser tells what it has understood so far, this often, and the whole so long after the last word. */
const interimEveryMs = 1_500;
const finalAfterMs = 400;
/** The local recogniser takes no longer pieces well. */
const longestPieceMs = 7_500;

export interface Heard {
  readonly verdict: Verdict;
  /** When the last verdict was there, and the first one; ms after the answer. */
  readonly atMs: number;
  readonly firstAtMs: number;
  readonly first: Verdict;
  readonly reasons: readonly string[];
  /** When the voice began: what a person would wait from. */
  readonly voiceAtMs: number;
}

type Happening = readonly [atMs: number, tell: (judge: Judge) => void];

/** Plays a recording to the detector on a clock of its own, with the words of a real recogniser at their times. */
export async function listen(speechUrl: string, samples: Int16Array): Promise<Heard> {
  const happenings: Happening[] = [];
  const spans: { from: number; to: number }[] = [];
  const ear = new Ear({
    onVoice: (active, at) => {
      const noticed = ear.nowMs;
      happenings.push([noticed, (judge) => judge.voice(active, at)]);
      if (active) spans.push({ from: at, to: at });
      else spans.splice(-1, 1, { from: spans.at(-1)?.from ?? 0, to: at });
    },
    onTone: (active, hertz) => {
      if (active) happenings.push([ear.nowMs, (judge) => judge.tone(hertz)]);
    },
  });
  for (let at = 0; at < samples.length; at += frameSamples) ear.push(samples.subarray(at, at + frameSamples));
  for (const span of spans) happenings.push(...(await wordsIn(speechUrl, samples, span)));
  happenings.sort(([a], [b]) => a - b);
  return { ...judged(happenings, samples.length / 16), voiceAtMs: spans[0]?.from ?? 0 };
}

async function wordsIn(
  speechUrl: string,
  samples: Int16Array,
  { from, to }: { from: number; to: number },
): Promise<Happening[]> {
  const hear = (untilMs: number) => {
    const begin = Math.max(0, Math.max(from - 200, untilMs - longestPieceMs));
    const piece = samples.slice((begin * rate) / 1_000, ((untilMs + 200) * rate) / 1_000);
    return transcribe({ speechUrl, samples: piece, sampleRate: rate });
  };
  const heard: Happening[] = [];
  for (let at = from + interimEveryMs; at < to; at += interimEveryMs) {
    const text = await hear(at);
    heard.push([at + finalAfterMs, (judge) => judge.words(text, false, at + finalAfterMs)]);
  }
  const text = await hear(to);
  const at = to + finalAfterMs;
  if (text !== '') heard.push([at, (judge) => judge.words(text, true, at)]);
  return heard;
}

function judged(happenings: readonly Happening[], untilMs: number): Omit<Heard, 'voiceAtMs'> {
  const judge = new Judge('en-US');
  const left = [...happenings];
  const verdicts: { verdict: Verdict; at: number; reasons: readonly string[] }[] = [];
  for (let at = 0; at <= Math.max(untilMs, 17_000); at += askEveryMs) {
    for (let next = left[0]; next && next[0] <= at; next = left[0]) {
      next[1](judge);
      left.shift();
    }
    const judgement = judge.ask(at);
    if (judgement) verdicts.push({ ...judgement, at });
  }
  const [first, last] = [verdicts[0], verdicts.at(-1)];
  return {
    verdict: last?.verdict ?? 'uncertain',
    atMs: last?.at ?? untilMs,
    first: first?.verdict ?? 'uncertain',
    firstAtMs: first?.at ?? untilMs,
    reasons: last?.reasons ?? [],
  };
}
