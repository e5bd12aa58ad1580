import { setTimeout as sleep } from 'node:timers/promises';
import { holds } from './check.ts';
import type { BargeIn } from './scenario.ts';
import type { Call } from './softphone/call.ts';

/** A pause of the agent that is the end of its turn. */
export const turnEndMs = 1_200;
/** Pauses within a sentence, and what the line takes. */
const breathMs = 400;
const lookEveryMs = 20;
/** Every look at the words is a run of the recogniser. */
const readEveryMs = 200;

type Line = Pick<Call, 'speechSegments' | 'end'>;

/**
 * Waits for the moment to interrupt an agent that speaks since `sinceMs` (of `performance.now()`); `heard` says what
 * was heard of it. Answers undefined, or in words why the moment never came.
 */
export async function untilMoment(
  call: Line,
  { after_ms, after_word }: BargeIn,
  sinceMs: number,
  heard: () => Promise<string>,
): Promise<string | undefined> {
  const what = after_word === undefined ? `${after_ms} ms of it` : `“${after_word}”`;
  while (call.end === undefined) {
    const quietMs = performance.now() - (call.speechSegments().at(-1)?.endMs ?? sinceMs);
    if (quietMs > turnEndMs) return `the agent was done before ${what}, and was not interrupted`;
    const speaks = quietMs < breathMs;
    if (after_word !== undefined) {
      if (speaks && holds(await heard(), after_word)) return undefined;
      await sleep(readEveryMs);
    } else {
      if (speaks && performance.now() - sinceMs >= (after_ms ?? 0)) return undefined;
      await sleep(lookEveryMs);
    }
  }
  return `the agent hung up before ${what}`;
}

/**
 * How long the agent was heard while the caller spoke from `fromMs` to `toMs`; null when it was heard longer than
 * `withinMs`. Who begins again while the caller still speaks has not fallen silent.
 */
export async function silentAfter(
  call: Line,
  fromMs: number,
  toMs: number,
  withinMs: number,
): Promise<number | null> {
  for (;;) {
    const last = call.speechSegments().findLast(({ startMs, endMs }) => startMs < toMs && endMs > fromMs);
    const now = performance.now();
    const untilMs = last?.endMs ?? fromMs;
    // A segment goes on over pauses of breath, so one that has just paused is not over yet.
    if (now - untilMs >= breathMs || call.end) return Math.round(untilMs - fromMs);
    if (now - fromMs > withinMs + breathMs && untilMs - fromMs > withinMs) return null;
    await sleep(lookEveryMs);
  }
}
