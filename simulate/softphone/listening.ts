import type { MediaSession } from './media/media-session.ts';
import type { SpeechSegment } from './media/speech-tracker.ts';

const LOOK_EVERY_MS = 10;

/** Something awaited on a call did not happen in time. */
export class SoftphoneTimeout extends Error {
  override readonly name = 'SoftphoneTimeout';
}

export interface SpeechWanted {
  /** Only what is heard after this moment of `performance.now()`. Default: the whole call. */
  readonly afterMs?: number;
  /** How much sound it takes. Default 100. */
  readonly minMs?: number;
  readonly timeoutMs: number;
}

export interface HeardSpeech {
  /** Its first sound, or `afterMs` when it was going on already. */
  readonly startedAt: number;
  /** When it was noticed. */
  readonly noticedAt: number;
}

/** Waits for speech from the other side. Rejects with `SoftphoneTimeout`. */
export async function waitForSpeech(media: MediaSession, wanted: SpeechWanted): Promise<HeardSpeech> {
  const { afterMs = 0, minMs = 100, timeoutMs } = wanted;
  const segment = await poll(timeoutMs, `no speech of ${minMs} ms was heard`, () =>
    media.segments().find(({ startMs, endMs }) => endMs - Math.max(startMs, afterMs) >= minMs),
  );
  return { startedAt: Math.max(segment.startMs, afterMs), noticedAt: performance.now() };
}

export interface SilenceWanted {
  readonly ms: number;
  readonly timeoutMs: number;
}

/** Waits until nothing was heard for `ms`. `startedAt` is the end of the last sound. */
export async function waitForSilence(
  media: MediaSession,
  { ms, timeoutMs }: SilenceWanted,
): Promise<{ readonly startedAt: number }> {
  const beganAt = performance.now();
  return poll(timeoutMs, `it was not silent for ${ms} ms`, () => {
    const startedAt = media.segments().at(-1)?.endMs ?? beganAt;
    return performance.now() - startedAt >= ms ? { startedAt } : undefined;
  });
}

async function poll<T>(timeoutMs: number, message: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() >= deadline) throw new SoftphoneTimeout(`${message} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Rejects with `SoftphoneTimeout` when the promise takes longer. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SoftphoneTimeout(`${what} took over ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export type { SpeechSegment };
