import { voiceSampleRate } from '../providers/tts.ts';

/** What somebody who waits hears, computed: no file to ship, no licence to keep. */

const seconds = (length: number): Int16Array => new Int16Array(Math.round(length * voiceSampleRate));

/** Adds a soft bell: a sine with two overtones that dies away. */
function strike(into: Int16Array, atSeconds: number, hertz: number, loudness: number): void {
  const from = Math.round(atSeconds * voiceSampleRate);
  const length = Math.min(into.length - from, Math.round(2.2 * voiceSampleRate));
  for (let at = 0; at < length; at++) {
    const time = at / voiceSampleRate;
    const attack = Math.min(1, time / 0.02);
    const wave =
      Math.sin(2 * Math.PI * hertz * time) * Math.exp(-time * 1.8) +
      Math.sin(4 * Math.PI * hertz * time) * 0.3 * Math.exp(-time * 3) +
      Math.sin(6 * Math.PI * hertz * time) * 0.1 * Math.exp(-time * 5);
    into[from + at] = (into[from + at] ?? 0) + Math.round(wave * attack * loudness);
  }
}

/** Eight seconds of four quiet bells, to be looped. */
export function holdMusic(): Int16Array {
  const samples = seconds(8);
  for (const [index, hertz] of [392, 493.88, 587.33, 440].entries())
    strike(samples, index * 1.5, hertz, 2_600);
  return samples;
}

/** The ringing tone of most of the world: 425 Hz, one second on, four off (ITU-T E.180). To be looped. */
export function ringTone(): Int16Array {
  const samples = seconds(5);
  for (let at = 0; at < voiceSampleRate; at++)
    samples[at] = Math.round(Math.sin((2 * Math.PI * 425 * at) / voiceSampleRate) * 3_000);
  return samples;
}
