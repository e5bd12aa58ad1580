/** Nobody's voice is this quiet: µ-law's own noise is at -72, a telephone in a silent room at -65. */
export const silentDb = -60;

/** Root mean square of 16-bit samples, dB below full scale; -Infinity for nothing but zeros. */
export function levelDb(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / samples.length / 32_768 ** 2);
}
