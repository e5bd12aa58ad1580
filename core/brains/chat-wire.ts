import { z } from 'zod';
import { LanguageModelError } from '../language-model-error.ts';
import type { ChatModel, ModelDelta, ModelMessage } from '../ports.ts';

/** The OpenAI chat protocol, as far as agents speak it: what is sent, and the stream that comes back. No network. */

export function messageOnTheWire(message: ModelMessage): object {
  if (message.role === 'tool')
    return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== 'assistant' || !message.toolCalls?.length)
    return { role: message.role, content: message.content };
  return {
    role: 'assistant',
    content: message.content === '' ? null : message.content,
    tool_calls: message.toolCalls.map(({ id, name, arguments: args }) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })),
  };
}

export const toolOnTheWire = ({
  name,
  description,
  parameters,
}: Parameters<ChatModel['stream']>[0]['tools'][number]): object => ({
  type: 'function',
  function: { name, description, parameters: { properties: {}, ...parameters, type: 'object' } },
});

/**
 * Reads a streamed chat completion. Function calls come at its end, whole. Throws a LanguageModelError for what is
 * none.
 *
 * @param onBit called with every message, whatever is in it
 */
export async function* readChatDeltas(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxBytes, onBit = () => undefined }: { readonly maxBytes: number; readonly onBit?: () => unknown },
): AsyncGenerator<ModelDelta> {
  const calls = new ToolCalls();
  for await (const data of serverSentData(body, maxBytes)) {
    onBit();
    if (data === '[DONE]') break;
    const delta = readDelta(data);
    if (delta?.content) yield { type: 'text', text: delta.content };
    calls.add(delta?.tool_calls ?? []);
  }
  yield* calls.finished();
}

const toolCallPart = z.object({
  index: z.number().default(0),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
const chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({ content: z.string().nullish(), tool_calls: z.array(toolCallPart).nullish() })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
});

function readDelta(data: string) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    throw new LanguageModelError('The language model answered something that is no chat completion.');
  }
  if (typeof parsed === 'object' && parsed !== null && 'error' in parsed)
    throw new LanguageModelError('The language model broke off with an error.');
  const read = chunk.safeParse(parsed);
  if (!read.success)
    throw new LanguageModelError('The language model answered something that is no chat completion.');
  const [choice] = read.data.choices;
  if (choice?.finish_reason === 'content_filter')
    throw new LanguageModelError('The language model refused: its content filter stepped in.');
  return choice?.delta ?? undefined;
}

/** Function calls come in pieces: the name first, then the arguments bit by bit. */
class ToolCalls {
  readonly #parts = new Map<number, { id: string; name: string; arguments: string }>();

  add(parts: readonly z.output<typeof toolCallPart>[]): void {
    for (const { index, id, function: fn } of parts) {
      const part = this.#parts.get(index) ?? { id: '', name: '', arguments: '' };
      part.id ||= id ?? '';
      part.name ||= fn?.name ?? '';
      part.arguments += fn?.arguments ?? '';
      this.#parts.set(index, part);
    }
  }

  *finished(): Generator<ModelDelta> {
    for (const [index, part] of this.#parts)
      yield { type: 'tool_call', ...part, id: part.id || `call_${index}` };
  }
}

/** The `data:` lines of a stream of server-sent events (WHATWG HTML, section 9.2). */
async function* serverSentData(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let buffered = '';
  let size = 0;
  for await (const bytes of body) {
    size += bytes.byteLength;
    if (size > maxBytes) throw new LanguageModelError('The answer of the language model is too large.');
    buffered += decoder.decode(bytes, { stream: true });
    const lines = buffered.split(/\r?\n/);
    buffered = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
  }
  if (buffered.startsWith('data:')) yield buffered.slice(5).trim();
}
