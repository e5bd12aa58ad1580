import type { AudioFrame } from '@livekit/rtc-node';

/** Before speech is noticed, its first sound has been there. */
const leadMs = 900;
/** A recogniser that is connected anew hears no more than this again. */
const longestMs = 30_000;

/** What the caller said and nobody has understood yet, to be heard again by another recogniser. */
export class SpeechMemory {
  #frames: { readonly frame: AudioFrame; readonly at: number }[] = [];

  add(frame: AudioFrame, keepsAll: boolean, now = Date.now()): void {
    this.#frames.push({ frame, at: now });
    const from = now - (keepsAll ? longestMs : leadMs);
    let stale = 0;
    while ((this.#frames[stale]?.at ?? now) < from) stale++;
    if (stale > 0) this.#frames.splice(0, stale);
  }

  /** Everything up to about `keepMs` ago has been understood. */
  understood(keepMs: number, now = Date.now()): void {
    this.#frames = this.#frames.filter(({ at }) => at >= now - keepMs);
  }

  frames(): readonly AudioFrame[] {
    return this.#frames.map(({ frame }) => frame);
  }
}
