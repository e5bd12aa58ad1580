/** How much of its granted speed a trunk is given. Kept in Redis; without it a trunk begins anew, carefully. */
export interface Pace {
  /** 0.05 to 1. */
  readonly factor: number;
  readonly atMs: number;
  /** Not faster before then: a carrier that said no is left in peace. */
  readonly holdUntilMs: number;
}

/** What became of the calls of a trunk lately (`paceWindowMs`). */
export interface PaceEvidence {
  readonly finished: number;
  /** 503 and its like: the carrier has no room. */
  readonly refused: number;
  /** 486. One is a person on the phone; many at once are a trunk at its limit. */
  readonly busy: number;
  readonly answered: number;
  /** Answered, and no word of the agent within two seconds. */
  readonly late: number;
}

/**
 * Clocks of machines differ by seconds. What stands further ahead than this is from one that has been put right since;
 * waited for, it would hold a trunk for as long as that clock was wrong.
 */
export const clocksDifferMs = 60_000;

const least = 0.05;
const beginning = 0.25;
/** From the beginning to full speed in fifteen seconds without trouble. */
const growthPerSecond = 0.05;
/** How far back a look goes, and how long a carrier that said no is left in peace. */
export const paceWindowMs = 10_000;
const burst = 3;

/** The pace after a look: halved by a burst of refusals or late answers, growing evenly otherwise. Pure. */
export function nextPace(pace: Pace | null, seen: PaceEvidence, nowMs: number): Pace {
  if (pace === null) return { factor: beginning, atMs: nowMs, holdUntilMs: nowMs };
  // The trouble that it holds for is still in sight, and counts once. A hold that is longer than any is of a wrong
  // clock.
  if (nowMs < pace.holdUntilMs && pace.holdUntilMs <= nowMs + paceWindowMs + clocksDifferMs)
    return { ...pace, atMs: nowMs };
  if (isTrouble(seen))
    return { factor: Math.max(least, pace.factor / 2), atMs: nowMs, holdUntilMs: nowMs + paceWindowMs };
  const seconds = Math.max(0, nowMs - Math.max(pace.atMs, pace.holdUntilMs)) / 1_000;
  const holdUntilMs = Math.min(pace.holdUntilMs, nowMs);
  return { factor: Math.min(1, pace.factor + growthPerSecond * seconds), atMs: nowMs, holdUntilMs };
}

export function isTrouble({ finished, refused, busy, answered, late }: PaceEvidence): boolean {
  if (refused >= burst && refused >= finished * 0.2) return true;
  if (busy >= 2 * burst && busy >= finished * 0.6) return true;
  return late >= 2 && late >= answered * 0.1;
}
