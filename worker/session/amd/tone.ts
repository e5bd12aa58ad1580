/** 20 ms at 16 kHz. */
export const windowSamples = 320;
export const windowMs = 20;
const sampleRate = 16_000;

const lowest = 440;
const highest = 1_400;
const step = 20;
/**
 * Share of a window's energy in one frequency. A vowel has less than two thirds; a pure tone between two steps 0.85.
 */
const pure = 0.75;
/** About -42 dBFS. */
const quietest = 260;
const wobbleHertz = 40;
const longEnoughMs = 200;

const frequencies = Array.from(
  { length: (highest - lowest) / step + 1 },
  (_, index) => lowest + index * step,
);
const coefficients = frequencies.map((hertz) => 2 * Math.cos((2 * Math.PI * hertz) / sampleRate));

/**
 * The beep of a mailbox: one frequency of 440 to 1,400 Hz that stays for 200 ms. Feed it windows of 20 ms at 16 kHz.
 * Two frequencies at once (keys, ringing, busy) are none. Pure.
 */
export class ToneDetector {
  #hertz = 0;
  #ms = 0;
  #gapMs = 0;

  /** The frequency while a tone is there that has lasted long enough, else 0. */
  push(window: Int16Array): number {
    const found = strongest(window);
    if (found !== 0 && (this.#ms === 0 || Math.abs(found - this.#hertz) <= wobbleHertz)) {
      this.#hertz = found;
      this.#ms += windowMs;
      this.#gapMs = 0;
    } else if (this.#ms > 0 && this.#gapMs === 0) {
      // One torn window (a lost packet) does not end a tone.
      this.#gapMs = windowMs;
    } else {
      this.#hertz = found;
      this.#ms = found === 0 ? 0 : windowMs;
      this.#gapMs = 0;
    }
    return this.#ms >= longEnoughMs ? this.#hertz : 0;
  }
}

/** The frequency that most of a window consists of; 0: there is none. Goertzel's algorithm for each candidate. */
function strongest(window: Int16Array): number {
  let energy = 0;
  for (const sample of window) energy += sample * sample;
  if (energy < quietest * quietest * window.length) return 0;
  let [best, bestPower] = [0, 0];
  for (let index = 0; index < coefficients.length; index++) {
    const power = powerAt(window, coefficients[index] ?? 0);
    if (power > bestPower) [best, bestPower] = [frequencies[index] ?? 0, power];
  }
  return (2 * bestPower) / (window.length * energy) >= pure ? best : 0;
}

function powerAt(window: Int16Array, coefficient: number): number {
  let [one, two] = [0, 0];
  for (const sample of window) {
    const zero = sample + coefficient * one - two;
    two = one;
    one = zero;
  }
  return one * one + two * two - coefficient * one * two;
}
