/** Background noise for a caller, made here: the same in every run. Pure. */

export const noiseKinds = ['white', 'pink', 'babble'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

const HZ = 8_000;
/** Then it begins anew. */
const LOOP_SECONDS = 10;
/** Voices of the babble: with fewer one hears single people, with many more only hiss. */
const VOICES = 7;

/** Ten seconds of noise at 8 kHz with this root mean square (of 16-bit samples). */
export function makeNoise(kind: NoiseKind, rms: number): Int16Array {
  const random = randomFrom(kind.length * 7_919);
  const length = HZ * LOOP_SECONDS;
  const raw =
    kind === 'white'
      ? white(length, random)
      : kind === 'pink'
        ? pink(length, random)
        : babble(length, random);
  const gain = rms / Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0) / length);
  return Int16Array.from(raw, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * gain))));
}

type Random = () => number;

const white = (length: number, random: Random): Float64Array =>
  Float64Array.from({ length }, () => random() * 2 - 1);

/** Three leaky integrators of white noise: 3 dB less for each octave, as in the well-known filter of Paul Kellet. */
function pink(length: number, random: Random): Float64Array {
  let [low, middle, high] = [0, 0, 0];
  return Float64Array.from({ length }, () => {
    const sample = random() * 2 - 1;
    low = 0.99765 * low + sample * 0.099046;
    middle = 0.963 * middle + sample * 0.2965164;
    high = 0.57 * high + sample * 1.0526913;
    return low + middle + high + sample * 0.1848;
  });
}

/** Several people who talk at once and say nothing: buzzing voices through wandering resonances, in syllables. */
function babble(length: number, random: Random): Float64Array {
  const sum = new Float64Array(length);
  for (let voice = 0; voice < VOICES; voice++) addVoice(sum, 95 + 22 * voice, random);
  return sum;
}

function addVoice(sum: Float64Array, pitchHz: number, random: Random): void {
  const throat = [resonance(), resonance()] as const;
  let [phase, left, loudness] = [random(), 0, 0];
  let [vowel, wanted]: [readonly [number, number], number] = [[500, 1_500], 0];
  for (let i = 0; i < sum.length; i++) {
    if (left-- <= 0) {
      // A syllable or a pause of 80 to 300 ms.
      left = Math.round(HZ * (0.08 + 0.22 * random()));
      wanted = random() < 0.25 ? 0 : 0.4 + 0.6 * random();
      vowel = [300 + 500 * random(), 900 + 1_500 * random()];
    }
    loudness += (wanted - loudness) * 0.004;
    phase += (pitchHz * (1 + 0.1 * Math.sin(i / 3_000))) / HZ;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    const source = (pulse + 0.05 * (random() * 2 - 1)) * loudness;
    sum[i] = (sum[i] ?? 0) + throat[0](source, vowel[0]) + 0.6 * throat[1](source, vowel[1]);
  }
}

/** A two-pole filter that rings at a frequency of its own choosing, 120 Hz wide. */
function resonance(): (sample: number, hz: number) => number {
  const radius = Math.exp((-Math.PI * 120) / HZ);
  let [before, last] = [0, 0];
  return (sample, hz) => {
    const next = sample + 2 * radius * Math.cos((2 * Math.PI * hz) / HZ) * last - radius * radius * before;
    [before, last] = [last, next];
    return next;
  };
}

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
