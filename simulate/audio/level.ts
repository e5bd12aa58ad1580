/** How loud speech is. Pure; 16-bit samples. */

const FRAME = 160;
/** Frames quieter than the loudest by more than this are pauses. */
const PAUSE_BELOW = 10 ** (-30 / 20);

/** The nominal level of speech on a telephone line, -26 dB of full scale (ITU-T P.56). */
export const TELEPHONE_RMS = 32_768 * 10 ** (-26 / 20);

/** Root mean square of what is not pause. */
export function speechRms(samples: Int16Array): number {
  const powers: number[] = [];
  for (let at = 0; at + FRAME <= samples.length; at += FRAME)
    powers.push(samples.subarray(at, at + FRAME).reduce((sum, sample) => sum + sample * sample, 0) / FRAME);
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  const spoken = powers.filter((power) => power > 0 && power >= loudest * PAUSE_BELOW ** 2);
  return spoken.length === 0 ? 0 : Math.sqrt(spoken.reduce((sum, power) => sum + power, 0) / spoken.length);
}

/** The same speech at another level; silence stays silence. */
export function atLevel(samples: Int16Array, rms: number): Int16Array {
  const now = speechRms(samples);
  if (now === 0) return samples;
  const gain = rms / now;
  return samples.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
}

/**
 * Without the silence before the first sound, so that the beginning of a clip is the beginning of its speech. `lead`
 * samples before it stay: a word may begin with a breath, and a recogniser that lacks it hears another word.
 */
export function fromFirstSound(samples: Int16Array, lead: number, peak = 250): Int16Array {
  const first = samples.findIndex((sample) => Math.abs(sample) > peak);
  return first <= lead ? samples : samples.subarray(first - lead);
}
