/** 20 ms at 16 kHz. */
export const frameSamples = 320;
export const frameMs = 20;

const onsetDb = 9;
const stayDb = 6;
const quietestSpeechDb = -52;
const floorRange = { min: -75, max: -32 } as const;
/** The noise floor is the quietest moment of about two seconds; speech always has gaps in that time. */
const windowFrames = 25;
const windows = 4;

/**
 * A light voice detector for phone audio: energy above an adaptive noise floor (minimum statistics).
 * Feed it frames of `frameSamples` samples; it says for each whether there is voice in it.
 */
export class VoiceActivity {
  readonly #highPass = [new HighPass(), new HighPass()] as const;
  #smoothDb: number = floorRange.min;
  #minima: number[] = [-60];
  #current = Number.POSITIVE_INFINITY;
  #framesInWindow = 0;
  #active = false;

  /** The noise floor in dB relative to full scale. */
  get floorDb(): number {
    const quietest = Math.min(...this.#minima, this.#current);
    return Math.min(floorRange.max, Math.max(floorRange.min, quietest + 2));
  }

  push(frame: Float32Array): boolean {
    const db = this.#level(frame);
    this.#smoothDb = Math.max(floorRange.min, this.#smoothDb * 0.6 + db * 0.4);
    this.#track();
    const above = db - this.floorDb;
    this.#active = db > quietestSpeechDb && above > (this.#active ? stayDb : onsetDb);
    return this.#active;
  }

  /** RMS after a second-order high-pass at about 120 Hz, so hum and DC do not count. */
  #level(frame: Float32Array): number {
    let sum = 0;
    for (const sample of frame) {
      const filtered = this.#highPass[1].next(this.#highPass[0].next(sample));
      sum += filtered * filtered;
    }
    const db = 10 * Math.log10(sum / Math.max(1, frame.length) + 1e-10);
    return Number.isFinite(db) ? db : floorRange.min;
  }

  #track(): void {
    this.#current = Math.min(this.#current, this.#smoothDb);
    this.#framesInWindow += 1;
    if (this.#framesInWindow < windowFrames) return;
    this.#minima.push(this.#current);
    if (this.#minima.length > windows) this.#minima.shift();
    this.#current = Number.POSITIVE_INFINITY;
    this.#framesInWindow = 0;
  }
}

class HighPass {
  #input = 0;
  #output = 0;

  next(sample: number): number {
    this.#output = 0.955 * (this.#output + sample - this.#input);
    this.#input = sample;
    return this.#output;
  }
}
