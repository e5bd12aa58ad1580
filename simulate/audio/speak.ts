import { type Clip, samplesOf } from './wav.ts';

/** The sample rate of `response_format: pcm` in OpenAI's API. */
const PCM_HZ = 24_000;

export interface SpeakOptions {
  /** Base URL of a server with OpenAI's audio routes, without `/v1`. */
  readonly speechUrl: string;
  readonly text: string;
  readonly voice?: string;
  readonly model?: string;
  readonly apiKey?: string;
  readonly timeoutMs?: number;
}

/** Has words spoken by `POST /v1/audio/speech`. Throws with the server's answer when it refuses. */
export async function speak(options: SpeakOptions): Promise<Clip> {
  const { speechUrl, text, voice = 'alloy', model = 'tts-1', apiKey = 'test', timeoutMs = 30_000 } = options;
  const response = await fetch(`${speechUrl}/v1/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, voice, input: text, response_format: 'pcm' }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`speech was refused: ${response.status} ${await response.text()}`);
  return { samples: samplesOf(new Uint8Array(await response.arrayBuffer())), sampleRate: PCM_HZ };
}
