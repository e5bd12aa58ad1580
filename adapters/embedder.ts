import { z } from 'zod';
import type { Embedder } from '../core/ports.ts';
import type { Logger } from '../platform/log.ts';
import type { Env } from '../platform/settings.ts';

/** Texts in one request. */
const batchSize = 96;
/** A provider that failed is left alone for so long, so that nobody waits for it again and again. */
const restMs = 20_000;
const rememberedQuestions = 500;
/** Enough of text-embedding-3's dimensions (they are ordered by weight), and a third of the bytes. */
const shortenedDimensions = 512;

interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly model: string;
  readonly log: Logger;
}

/** The embeddings of OpenAI or a server like it; null when none is configured. */
export function openEmbedder(env: Env, log: Logger): Embedder | null {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_EMBEDDING_MODEL } = env;
  // Another server's key says nothing about whether it has an embedding model.
  const model = OPENAI_EMBEDDING_MODEL ?? (apiKey && !baseUrl ? 'text-embedding-3-small' : undefined);
  if (model === undefined || (!apiKey && !baseUrl)) return null;
  return new OpenAiEmbedder({ baseUrl: baseUrl ?? 'https://api.openai.com/v1', apiKey, model, log });
}

const answer = z.object({
  data: z.array(z.object({ index: z.number().int(), embedding: z.array(z.number()).min(1) })),
});

/** POST {base}/embeddings (platform.openai.com/docs/api-reference/embeddings). */
export class OpenAiEmbedder implements Embedder {
  readonly model: string;
  readonly #settings: Settings;
  readonly #dimensions: number | undefined;
  readonly #remembered = new Map<string, number[]>();
  #restsUntil = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#dimensions = settings.model.startsWith('text-embedding-3') ? shortenedDimensions : undefined;
    this.model = this.#dimensions === undefined ? settings.model : `${settings.model}@${this.#dimensions}`;
  }

  async embed(texts: readonly string[], { timeoutMs }: { timeoutMs: number }): Promise<number[][]> {
    const [only] = texts;
    const known = texts.length === 1 && only !== undefined ? this.#remembered.get(only) : undefined;
    if (known) return [known];
    if (Date.now() < this.#restsUntil) throw new Error('The provider of embeddings failed a moment ago.');
    try {
      const vectors: number[][] = [];
      for (let at = 0; at < texts.length; at += batchSize)
        vectors.push(...(await this.#request(texts.slice(at, at + batchSize), timeoutMs)));
      if (only !== undefined && texts.length === 1 && vectors[0]) this.#remember(only, vectors[0]);
      return vectors;
    } catch (error) {
      this.#restsUntil = Date.now() + restMs;
      const reason = error instanceof Error ? error.message : String(error);
      this.#settings.log.warn({ reason, model: this.model }, 'embeddings failed, knowledge goes by words');
      throw error;
    }
  }

  async #request(texts: readonly string[], timeoutMs: number): Promise<number[][]> {
    const { baseUrl, apiKey, model } = this.#settings;
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/embeddings`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      body: JSON.stringify({
        model,
        input: texts,
        encoding_format: 'float',
        ...(this.#dimensions === undefined ? {} : { dimensions: this.#dimensions }),
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`The provider of embeddings answered ${response.status}.`);
    const { data } = answer.parse(await response.json());
    if (data.length !== texts.length) throw new Error('The provider of embeddings left texts out.');
    return [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => unit(embedding));
  }

  #remember(text: string, vector: number[]): void {
    this.#remembered.set(text, vector);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedQuestions && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  if (!(length > 0)) throw new Error('The provider of embeddings sent an empty vector.');
  return vector.map((value) => value / length);
}
