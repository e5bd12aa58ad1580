/** A sine at a quarter of full scale. */
export function tone(hz: number, sampleRate: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) =>
    Math.round(8_192 * Math.sin((2 * Math.PI * hz * i) / sampleRate)),
  );
}

export function rms(samples: Int16Array): number {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  return Math.sqrt(sum / samples.length);
}

/** Where a clip begins in a longer one, sample for sample; -1 when it is not there. */
export function indexOfClip(samples: Int16Array, clip: Int16Array): number {
  const haystack = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const needle = Buffer.from(clip.buffer, clip.byteOffset, clip.byteLength);
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
    if (at % 2 === 0) return at / 2;
  }
  return -1;
}
