import { resample } from '../audio/resample.ts';
import { type Recognizer, recognizerRate } from '../engines/recognizer.ts';
import { type LiveEvent, LiveTranscriber } from './live-transcriber.ts';
import type { TimedWord } from './word-timings.ts';

export interface FileSegment {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly words: readonly TimedWord[];
}

export interface FileTranscript {
  readonly text: string;
  readonly words: readonly TimedWord[];
  readonly segments: readonly FileSegment[];
  readonly durationMs: number;
}

interface TranscribeFileOptions {
  readonly recognizer: Recognizer;
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly lane: string;
  readonly signal: AbortSignal;
}

const fileEndpointingMs = 400;

/** Transcribes one channel of a recording, phrase by phrase. Rejects when an engine fails or the signal is aborted. */
export async function transcribeFile(options: TranscribeFileOptions): Promise<FileTranscript> {
  const { recognizer, samples, sampleRate, lane, signal } = options;
  const segments: FileSegment[] = [];
  const failures: unknown[] = [];
  const collect = (event: LiveEvent): void => {
    if (event.type !== 'result' || !event.isFinal || event.text === '') return;
    const { text, words, startMs, durationMs } = event;
    segments.push({ text, words, startMs, endMs: startMs + durationMs });
  };
  const transcriber = new LiveTranscriber({
    recognizer,
    endpointingMs: fileEndpointingMs,
    interim: false,
    isFile: true,
    lane,
    emit: collect,
    onError: (error) => failures.push(error),
  });
  const stop = () => transcriber.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const audio = resample(samples, sampleRate, recognizerRate);
    // A second at a time, so that a long recording leaves the event loop to the live streams.
    for (let at = 0; at < audio.length; at += recognizerRate) {
      signal.throwIfAborted();
      transcriber.push(audio.subarray(at, at + recognizerRate));
      if ((at / recognizerRate) % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    await transcriber.end();
  } finally {
    signal.removeEventListener('abort', stop);
    transcriber.stop();
  }
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return {
    text: segments.map((segment) => segment.text).join(' '),
    words: segments.flatMap((segment) => segment.words),
    segments,
    durationMs: Math.round((samples.length / sampleRate) * 1_000),
  };
}
