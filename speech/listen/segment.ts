import { concatFloat } from '../audio/pcm.ts';
import { frameMs } from './voice-activity.ts';

/** A stretch of audio with speech in it, frame by frame. */
export class Segment {
  /** True when its final decode has been ordered: interim results are late then. */
  closed = false;
  decoding = false;
  /** The final text in the making, valid while no voice has come after it was started. */
  candidate: Promise<string> | undefined;
  readonly voiced: boolean[] = [];
  readonly #startFrame: number;
  readonly #frames: Float32Array[] = [];
  #voicedFrames = 0;
  #lastVoiced = 0;
  #decodedFrames = 0;

  constructor(startFrame: number) {
    this.#startFrame = startFrame;
  }

  get startMs(): number {
    return this.#startFrame * frameMs;
  }

  get durationMs(): number {
    return this.#frames.length * frameMs;
  }

  get silenceMs(): number {
    return (this.#frames.length - 1 - this.#lastVoiced) * frameMs;
  }

  get sinceDecodeMs(): number {
    return (this.#frames.length - this.#decodedFrames) * frameMs;
  }

  get firstVoiceMs(): number {
    return this.startMs + Math.max(0, this.voiced.indexOf(true)) * frameMs;
  }

  get lastVoiceMs(): number {
    return this.startMs + (this.#lastVoiced + 1) * frameMs;
  }

  hasVoice(atLeastMs: number): boolean {
    return this.#voicedFrames * frameMs >= atLeastMs;
  }

  add(samples: Float32Array, voiced: boolean): void {
    // A single voiced frame after a pause is a crackle, two are speech going on.
    const goesOn = voiced && (this.voiced.at(-1) ?? true);
    this.#frames.push(samples);
    this.voiced.push(voiced);
    if (voiced) this.#voicedFrames += 1;
    if (!goesOn) return;
    this.#lastVoiced = this.#frames.length - 1;
    this.candidate = undefined;
  }

  samples(): Float32Array {
    return concatFloat(this.#frames);
  }

  decodeStarted(candidate: Promise<string> | undefined): void {
    this.decoding = true;
    this.#decodedFrames = this.#frames.length;
    if (candidate) this.candidate = candidate;
  }

  /** Keeps the part before the quietest 60 ms of its second half; returns what comes after as a new segment. */
  splitAtQuietest(): Segment {
    const energies = this.#frames.map((frame) => frame.reduce((sum, sample) => sum + sample * sample, 0));
    let at = Math.floor(energies.length / 2);
    let least = Number.POSITIVE_INFINITY;
    for (let i = at; i < energies.length - 10; i++) {
      const energy = (energies[i - 1] ?? 0) + (energies[i] ?? 0) + (energies[i + 1] ?? 0);
      if (energy < least) {
        least = energy;
        at = i;
      }
    }
    const rest = new Segment(this.#startFrame + at);
    const frames = this.#frames.splice(at);
    const voiced = this.voiced.splice(at);
    frames.forEach((frame, index) => {
      rest.add(frame, voiced[index] ?? false);
    });
    this.#voicedFrames = this.voiced.filter(Boolean).length;
    this.#lastVoiced = this.voiced.lastIndexOf(true);
    this.candidate = undefined;
    return rest;
  }
}
