import { levelDb } from '../../level.ts';
import { ToneDetector, windowMs, windowSamples } from './tone.ts';

const quietestDb = -48;
const aboveFloorDb = 9;
const floorDb = { min: -72, max: -36 } as const;
/** How fast the noise floor rises; it falls at once. */
const floorRisePerWindow = 0.08;
/** Gaps within words. */
const hangoverMs = 240;

export interface EarHooks {
  /** Voice began or ended; `atMs` is when, not when it was noticed. */
  readonly onVoice: (active: boolean, atMs: number) => void;
  readonly onTone: (active: boolean, hertz: number, atMs: number) => void;
}

/**
 * What a line sounds like, without words: voice or not, and tones. Feed it the samples of the other side at 16 kHz; its
 * clock is what it has heard, plus what it is told with `skipTo`. Pure.
 */
export class Ear {
  readonly #hooks: EarHooks;
  readonly #tones = new ToneDetector();
  #rest = new Int16Array();
  #nowMs: number;
  #floor = -55;
  #voicedAt = 0;
  #voiced = 0;
  #active = false;
  #tone = 0;

  /** @param startMs the time of the first sample. */
  constructor(hooks: EarHooks, startMs = 0) {
    this.#hooks = hooks;
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  push(samples: Int16Array): void {
    const all = new Int16Array(this.#rest.length + samples.length);
    all.set(this.#rest);
    all.set(samples, this.#rest.length);
    let at = 0;
    for (; at + windowSamples <= all.length; at += windowSamples)
      this.#window(all.subarray(at, at + windowSamples));
    this.#rest = all.slice(at);
  }

  #window(window: Int16Array): void {
    this.#nowMs += windowMs;
    const tone = this.#tones.push(window);
    if ((tone !== 0) !== (this.#tone !== 0)) this.#hooks.onTone(tone !== 0, tone || this.#tone, this.#nowMs);
    this.#tone = tone;
    // A beep is no voice.
    this.#hear(tone === 0 && this.#isLoud(window));
  }

  #hear(loud: boolean): void {
    this.#voiced = loud ? this.#voiced + 1 : 0;
    if (loud) this.#voicedAt = this.#nowMs;
    if (!this.#active && this.#voiced >= 3) {
      this.#active = true;
      this.#hooks.onVoice(true, this.#nowMs - 3 * windowMs);
    } else if (this.#active && this.#nowMs - this.#voicedAt >= hangoverMs) {
      this.#active = false;
      this.#hooks.onVoice(false, this.#voicedAt);
    }
  }

  #isLoud(window: Int16Array): boolean {
    const db = levelDb(window);
    const loud = db > quietestDb && db > this.#floor + aboveFloorDb;
    const floor = db < this.#floor ? db : this.#floor + floorRisePerWindow;
    this.#floor = Math.min(floorDb.max, Math.max(floorDb.min, floor));
    return loud;
  }
}
