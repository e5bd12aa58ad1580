/** Every third sample of the signal at twice its rate: 24 kHz to 16 kHz. */
const up = 2;
const down = 3;
/** Taps for each phase; together a low-pass at 7.2 kHz, half of it below -3 dB, about -70 dB above 9 kHz. */
const tapsPerPhase = 24;
const cutoff = 7_200 / 48_000;

const phases = designPhases();

/**
 * The agent's voice at the rate of a recording. Keeps its filter between frames that follow each other; delays by half
 * a millisecond. In JavaScript, because a native resampler costs a call over the boundary for every frame.
 */
export class Downsampler {
  #history = new Int16Array(tapsPerPhase - 1);
  /** Position of the next output in the doubled signal, relative to the next input. */
  #next = 0;

  /** Forgets what came before: the next frame does not follow the last one. */
  reset(): void {
    this.#history = new Int16Array(tapsPerPhase - 1);
    this.#next = 0;
  }

  push(frame: Int16Array): Int16Array {
    const known = this.#history.length;
    const input = new Int16Array(known + frame.length);
    input.set(this.#history);
    input.set(frame, known);
    const output = new Int16Array(Math.ceil((frame.length * up - this.#next) / down));
    let at = this.#next;
    for (let index = 0; index < output.length; index++, at += down)
      output[index] = convolve(input, known + (at >> 1), phases[at & 1] ?? []);
    this.#next = at - frame.length * up;
    this.#history = input.slice(input.length - known);
    return output;
  }
}

function convolve(input: Int16Array, newest: number, taps: ArrayLike<number>): number {
  let sum = 0;
  for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (input[newest - tap] ?? 0);
  return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
}

/** A windowed sinc (Blackman), split into the taps that meet real samples for even and for odd positions. */
function designPhases(): readonly Float64Array[] {
  const length = tapsPerPhase * up;
  const taps = Float64Array.from({ length }, (_, index) => {
    const x = index - (length - 1) / 2;
    const sinc = Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    const turn = (2 * Math.PI * index) / (length - 1);
    return sinc * (0.42 - 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
  });
  return [0, 1].map((phase) => {
    const own = taps.filter((_, index) => index % up === phase);
    const gain = own.reduce((sum, tap) => sum + tap, 0);
    return own.map((tap) => tap / gain);
  });
}
