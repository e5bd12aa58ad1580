import { z } from 'zod';
import type { Voices } from '../core/ports.ts';
import type { Env } from '../platform/settings.ts';

type VoicesEnv = Pick<
  Env,
  | ('ELEVEN_API_KEY' | 'ELEVEN_BASE_URL' | 'DEEPGRAM_API_KEY' | 'DEEPGRAM_BASE_URL')
  | ('OPENAI_API_KEY' | 'OPENAI_BASE_URL')
>;

const timeoutMs = 3_000;
const rememberMs = 60_000;

/** platform.openai.com/docs/guides/text-to-speech: OpenAI has no list to ask for. */
const openAiVoices = [
  ...['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'nova', 'onyx', 'sage', 'shimmer', 'verse'],
  ...['marin', 'cedar'],
];

/** core/ports.ts `Voices` on the vendors' own lists. Without a key the local gateway speaks for every voice. */
export class ProviderVoices implements Voices {
  readonly #env: VoicesEnv;
  readonly #lists = new Map<string, { readonly at: number; readonly known: Promise<readonly string[]> }>();

  constructor(env: VoicesEnv) {
    this.#env = env;
  }

  async look(provider: string, voice: string) {
    const { ELEVEN_API_KEY, DEEPGRAM_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL } = this.#env;
    if (provider === 'elevenlabs' && ELEVEN_API_KEY) return this.#atElevenLabs(voice, ELEVEN_API_KEY);
    if (provider === 'deepgram' && DEEPGRAM_API_KEY) {
      const known = await this.#remember('deepgram', () => this.#deepgramVoices(DEEPGRAM_API_KEY));
      return { exists: known.includes(voice), known };
    }
    if (provider === 'openai' && OPENAI_API_KEY && !OPENAI_BASE_URL)
      return { exists: openAiVoices.includes(voice), known: openAiVoices };
    return null;
  }

  /** The list has only the account's voices; a voice of the public library answers by its id alone. */
  async #atElevenLabs(voice: string, key: string) {
    const base = (this.#env.ELEVEN_BASE_URL ?? 'https://api.elevenlabs.io/v1').replace(/\/+$/, '');
    const headers = { 'xi-api-key': key };
    const known = await this.#remember('elevenlabs', async () => {
      const { body } = await ask(`${base}/voices`, headers, 'ElevenLabs');
      return read(elevenVoices, body, 'ElevenLabs').voices.map(({ voice_id }) => voice_id);
    });
    if (known.includes(voice)) return { exists: true, known };
    const { status } = await ask(`${base}/voices/${encodeURIComponent(voice)}`, headers, 'ElevenLabs');
    return { exists: status === 200, known };
  }

  async #deepgramVoices(key: string): Promise<readonly string[]> {
    const base = (this.#env.DEEPGRAM_BASE_URL ?? 'https://api.deepgram.com')
      .replace(/^ws/, 'http')
      .replace(/\/+$/, '');
    const { body } = await ask(`${base}/v1/models`, { authorization: `Token ${key}` }, 'Deepgram');
    return read(deepgramModels, body, 'Deepgram').tts.map(({ canonical_name }) => canonical_name);
  }

  #remember(provider: string, fetchList: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const remembered = this.#lists.get(provider);
    if (remembered && Date.now() - remembered.at < rememberMs) return remembered.known;
    const known = fetchList();
    this.#lists.set(provider, { at: Date.now(), known });
    known.catch(() => this.#lists.delete(provider));
    return known;
  }
}

const elevenVoices = z.object({ voices: z.array(z.object({ voice_id: z.string() })) });
const deepgramModels = z.object({ tts: z.array(z.object({ canonical_name: z.string() })) });

function read<T extends z.ZodType>(schema: T, body: unknown, vendor: string): z.output<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Error(`${vendor} answered something that is no list of voices`);
  return parsed.data;
}

/** Throws when the vendor is away, or refuses to tell; "there is no such voice" (400, 404) is an answer. */
async function ask(
  url: string,
  headers: Record<string, string>,
  vendor: string,
): Promise<{ status: number; body: unknown }> {
  let response: Response;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    throw new Error(
      late ? `${vendor} did not answer within ${timeoutMs} ms` : `${vendor} could not be reached`,
    );
  }
  const { status } = response;
  if (status !== 200 && ![400, 404, 422].includes(status)) throw new Error(`${vendor} answered ${status}`);
  return { status, body: await response.json().catch(() => null) };
}
