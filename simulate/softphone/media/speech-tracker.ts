const SLOT_SAMPLES = 80;
/** Root mean square of 16-bit samples from which a 10 ms slot counts as sound: about -43 dBFS. */
const LOUD_RMS = 230;
/** Pauses up to this long are inside one segment: between words, and the closure of a p or t. */
const MERGE_MS = 300;

/** Times of `performance.now()`. */
export interface SpeechSegment {
  readonly startMs: number;
  readonly endMs: number;
}

interface Slots {
  start: number;
  end: number;
}

/** Finds out by loudness when there was speech on a timeline of 8 kHz samples. */
export class SpeechTracker {
  readonly #segments: Slots[] = [];
  #next = 0;
  #sum = 0;
  readonly #timeOf: (sample: number) => number;

  constructor(timeOf: (sample: number) => number) {
    this.#timeOf = timeOf;
  }

  /** Samples in order; a jump ahead is silence, what comes too late is left out. */
  push(firstSample: number, samples: Int16Array): void {
    if (firstSample < this.#next) return;
    if (firstSample > this.#next) this.#sum = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i] ?? 0;
      this.#sum += sample * sample;
      const position = firstSample + i + 1;
      if (position % SLOT_SAMPLES !== 0) continue;
      if (Math.sqrt(this.#sum / SLOT_SAMPLES) >= LOUD_RMS) this.#loud(position);
      this.#sum = 0;
    }
    this.#next = firstSample + samples.length;
  }

  segments(): SpeechSegment[] {
    return this.#segments.map(({ start, end }) => ({
      startMs: this.#timeOf(start),
      endMs: this.#timeOf(end),
    }));
  }

  #loud(end: number): void {
    const last = this.#segments.at(-1);
    if (last && end - SLOT_SAMPLES - last.end <= MERGE_MS * 8) last.end = end;
    else this.#segments.push({ start: end - SLOT_SAMPLES, end });
  }
}
