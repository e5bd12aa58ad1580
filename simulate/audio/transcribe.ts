import { resample } from './resample.ts';
import { makeWav } from './wav.ts';

/** What speech recognizers are trained on. */
const RECOGNIZER_HZ = 16_000;

export interface TranscribeOptions {
  /** Base URL of a server with OpenAI's audio routes, without `/v1`. */
  readonly speechUrl: string;
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly model?: string;
  readonly apiKey?: string;
  readonly timeoutMs?: number;
}

/** The words in a clip by `POST /v1/audio/transcriptions`. Throws with the server's answer when it refuses. */
export async function transcribe(options: TranscribeOptions): Promise<string> {
  const {
    speechUrl,
    samples,
    sampleRate,
    model = 'whisper-1',
    apiKey = 'test',
    timeoutMs = 30_000,
  } = options;
  const wav = makeWav([resample(samples, sampleRate, RECOGNIZER_HZ)], RECOGNIZER_HZ);
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(wav)], { type: 'audio/wav' }), 'heard.wav');
  form.set('model', model);
  form.set('response_format', 'json');
  const response = await fetch(`${speechUrl}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: form,
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`transcription was refused: ${response.status} ${await response.text()}`);
  const answer: unknown = await response.json();
  if (
    typeof answer !== 'object' ||
    answer === null ||
    !('text' in answer) ||
    typeof answer.text !== 'string'
  ) {
    throw new Error('the transcription has no text');
  }
  return answer.text.trim();
}
