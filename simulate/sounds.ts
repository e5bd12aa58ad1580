import { fromFirstSound, TELEPHONE_RMS } from './audio/level.ts';
import { makeNoise } from './audio/noise.ts';
import { resample } from './audio/resample.ts';
import { speak } from './audio/speak.ts';
import type { Noise, Scenario } from './scenario.ts';

export const TELEPHONE_HZ = 8_000;
/** What a clip of words has before its first sound: the quiet beginning of an f. */
export const LEAD_MS = 60;

/** The caller's lines and what is heard behind them, 8 kHz, each made once. */
export class Sounds {
  readonly #speechUrl: string;
  readonly #clips = new Map<string, Int16Array>();
  readonly #noises = new Map<string, Int16Array>();

  constructor(speechUrl: string) {
    this.#speechUrl = speechUrl;
  }

  /** Makes all that a file asks for: during the call nobody waits for a voice, and no packet for a computation. */
  async prepare({ noise, steps }: Scenario): Promise<void> {
    this.behind(noise);
    for (const step of steps) {
      if ('say' in step) await this.of(step.say);
      this.behind(step.noise ?? null);
    }
  }

  /** Words, from just before their first sound on. */
  async of(text: string): Promise<Int16Array> {
    const known = this.#clips.get(text);
    if (known) return known;
    const { samples, sampleRate } = await speak({ speechUrl: this.#speechUrl, text });
    const clip = fromFirstSound(
      resample(samples, sampleRate, TELEPHONE_HZ),
      (LEAD_MS * TELEPHONE_HZ) / 1_000,
    );
    this.#clips.set(text, clip);
    return clip;
  }

  /** Noise that goes with speech at the telephone's level. */
  behind(noise: Noise): Int16Array | undefined {
    if (noise === null) return undefined;
    const key = `${noise.kind} ${noise.snr_db}`;
    const known = this.#noises.get(key);
    if (known) return known;
    const made = makeNoise(noise.kind, TELEPHONE_RMS * 10 ** (-noise.snr_db / 20));
    this.#noises.set(key, made);
    return made;
  }
}
