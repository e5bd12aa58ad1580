/** Zero crossings of the sinc on each side: -80 dB stop band with the window below. */
const CROSSINGS = 24;
/** The pass band ends a little below half the lower rate, so that nothing folds back. */
const PASS = 0.94;

/**
 * Changes the sample rate by a windowed sinc (Blackman). Rates are reduced to a fraction, the filter is
 * computed once per phase; made for clips of seconds in tests, not for streams.
 */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz || samples.length === 0) return samples;
  const divisor = gcd(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  const cutoff = PASS * Math.min(1, up / down);
  const reach = Math.ceil(CROSSINGS / cutoff);
  const phases = Array.from({ length: up }, (_, phase) => taps(phase / up, cutoff, reach));
  // Silence around it: reading outside of an array is slow, and calls on this thread would be heard to stammer.
  const padded = new Float64Array(samples.length + 2 * reach + 1);
  padded.set(samples, reach);
  const output = new Int16Array(Math.ceil((samples.length * up) / down));
  for (let i = 0; i < output.length; i += 1) {
    const first = Math.floor((i * down) / up);
    const sum = weighed(padded, first, phases[(i * down) % up] as Float64Array);
    output[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return output;
}

function weighed(samples: Float64Array, first: number, filter: Float64Array): number {
  let sum = 0;
  for (let tap = 0; tap < filter.length; tap += 1)
    sum += (samples[first + tap] as number) * (filter[tap] as number);
  return sum;
}

function taps(offset: number, cutoff: number, reach: number): Float64Array {
  const filter = Float64Array.from({ length: 2 * reach + 1 }, (_, index) => {
    const x = index - reach - offset;
    return sinc(x * cutoff) * blackman(x / (reach + 1));
  });
  // Every phase has the same gain, or the phases would be heard as a tone.
  const gain = filter.reduce((sum, tap) => sum + tap, 0);
  return filter.map((tap) => tap / gain);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** From -1 to 1, highest at 0. */
function blackman(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
