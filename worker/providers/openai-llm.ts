import * as plugin from '@livekit/agents-plugin-openai';
import { OpenAI } from 'openai';

type Options = NonNullable<ConstructorParameters<typeof plugin.LLM>[0]>;
type Chunk = OpenAI.ChatCompletionChunk;

/**
 * The plugin's language model. It hands a function call out when the last of its arguments is there and says nothing
 * until then, so of every piece of them `onWriting` is told.
 */
export function openAiLlm(
  { baseURL, apiKey, ...options }: Options & { readonly apiKey: string },
  onWriting: () => void,
): plugin.LLM {
  const client = new OpenAI({ apiKey, ...(baseURL === undefined ? {} : { baseURL }), maxRetries: 0 });
  const { completions } = client.chat;
  const create = completions.create.bind(completions) as (
    ...of: unknown[]
  ) => PromiseLike<AsyncIterable<Chunk>>;
  const watched = async (...of: unknown[]) => noting(await create(...of), onWriting);
  completions.create = watched as unknown as typeof completions.create;
  return new plugin.LLM({ ...options, client });
}

async function* noting(chunks: AsyncIterable<Chunk>, onWriting: () => void): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    // Azure's filter sends choices without a delta.
    if (chunk.choices.some(({ delta }) => (delta?.tool_calls?.length ?? 0) > 0)) onWriting();
    yield chunk;
  }
}
