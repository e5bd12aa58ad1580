/** Zero crossings of the sinc on each side: 16 keeps images about 70 dB down with the Kaiser window below. */
const zeroCrossings = 16;
const kaiserBeta = 7.5;
/** Passband edge relative to the lower Nyquist frequency. */
const cutoff = 0.94;

interface FilterBank {
  readonly up: number;
  readonly down: number;
  readonly taps: number;
  /** `up` phases of `taps` coefficients each. */
  readonly phases: Float32Array;
}

const banks = new Map<string, FilterBank>();

/**
 * Streaming rational resampler (polyphase windowed sinc). Samples come out aligned in time with what went in;
 * `flush` gives the rest, about `zeroCrossings` input samples.
 */
export class Resampler {
  readonly #bank: FilterBank;
  #held: Float32Array;
  /** Position of the next output sample, in units of 1/up input samples, relative to #held[0]. */
  #position: number;
  #consumed = 0;
  #produced = 0;

  constructor(fromRate: number, toRate: number) {
    this.#bank = bankFor(fromRate, toRate);
    // Half a filter of silence before the first sample keeps the output aligned with the input.
    this.#held = new Float32Array(this.#bank.taps / 2 - 1);
    this.#position = 0;
  }

  push(samples: Float32Array): Float32Array {
    this.#consumed += samples.length;
    const { up, down, taps, phases } = this.#bank;
    if (up === down) return samples;
    const input = new Float32Array(this.#held.length + samples.length);
    input.set(this.#held);
    input.set(samples, this.#held.length);
    const last = input.length - taps;
    const count = last < 0 ? 0 : Math.max(0, Math.floor((last * up + up - 1 - this.#position) / down) + 1);
    const output = new Float32Array(count);
    let position = this.#position;
    for (let i = 0; i < count; i++, position += down) {
      const start = Math.floor(position / up);
      const phase = (position % up) * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (input[start + tap] ?? 0) * (phases[phase + tap] ?? 0);
      output[i] = sum;
    }
    const drop = Math.min(Math.floor(position / up), input.length);
    this.#held = input.slice(drop);
    this.#position = position - drop * up;
    this.#produced += count;
    return output;
  }

  flush(): Float32Array {
    const { up, down, taps } = this.#bank;
    if (up === down) return new Float32Array(0);
    const wanted = Math.round((this.#consumed * up) / down) - this.#produced;
    return this.push(new Float32Array(taps)).subarray(0, Math.max(0, wanted));
  }
}

export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array {
  if (fromRate === toRate) return samples;
  const resampler = new Resampler(fromRate, toRate);
  const body = resampler.push(samples);
  const rest = resampler.flush();
  const whole = new Float32Array(body.length + rest.length);
  whole.set(body);
  whole.set(rest, body.length);
  return whole;
}

function bankFor(fromRate: number, toRate: number): FilterBank {
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const key = `${up}/${down}`;
  let bank = banks.get(key);
  if (!bank) {
    // Odd rates make large banks: keep a handful.
    if (banks.size >= 16) banks.clear();
    bank = makeBank(up, down);
    banks.set(key, bank);
  }
  return bank;
}

function makeBank(up: number, down: number): FilterBank {
  const scale = Math.min(1, up / down) * cutoff;
  const half = Math.ceil(zeroCrossings / scale);
  const taps = half * 2;
  const phases = new Float32Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (half - 1) - phase / up;
      const value = sinc(distance * scale) * scale * kaiser(distance / half);
      phases[phase * taps + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) {
      const index = phase * taps + tap;
      phases[index] = (phases[index] ?? 0) / sum;
    }
  }
  return { up, down, taps, phases };
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kaiser = (x: number): number =>
  Math.abs(x) >= 1 ? 0 : bessel(kaiserBeta * Math.sqrt(1 - x * x)) / bessel(kaiserBeta);

/** Modified Bessel function of the first kind, order zero, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40 && term > 1e-10 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
