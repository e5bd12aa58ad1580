import type { ServerResponse } from 'node:http';
import { newId } from '../../../platform/ids.ts';
import { converse, type Reply } from '../../dialogue/converse.ts';
import type { Dialogue } from '../../dialogue/schema.ts';
import { type Gateway, limits } from '../../gateway.ts';
import { readJson, sendJson, writeChunk } from '../../http/body.ts';
import { Fault } from '../../http/fault.ts';
import type { HttpRoute } from '../../http/route.ts';
import { type ChatRequest, offeredTools, parseChat, toMessage, toolChoice } from './chat-request.ts';

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

/** `POST /v1/chat/completions`, answered by the scripted model. */
export const chatCompletions = (gateway: Gateway): HttpRoute => ({
  method: 'POST',
  path: '/v1/chat/completions',
  handle: async ({ request, response }) => {
    const body = parseChat(await readJson(request, limits.jsonBytes));
    const reply = converse({
      dialogue: dialogueFor(gateway, body.model),
      messages: body.messages.map(toMessage),
      tools: offeredTools(body),
      toolChoice: toolChoice(body),
      today: new Date(),
    });
    const completion = new Completion(body, reply);
    if (body.stream) await completion.stream(response);
    else sendJson(response, 200, completion.whole());
  },
});

/** `scripted/<dialogue>` picks a dialogue; every other model name is the assistant, which says what it is. */
function dialogueFor({ dialogues }: Gateway, model: string): Dialogue {
  const [, name] = /^scripted\/(.+)$/.exec(model) ?? [];
  const dialogue = dialogues.get(name ?? 'assistant');
  if (!dialogue)
    throw new Fault(
      404,
      'model_not_found',
      `There is no dialogue '${name}'; GET /v1/models lists them.`,
      'model',
    );
  return dialogue;
}

class Completion {
  readonly #request: ChatRequest;
  readonly #reply: Reply;
  readonly #id = `chatcmpl-${newId()}`;
  readonly #callId = `call_${newId().replaceAll('-', '').slice(8)}`;
  readonly #created = Math.floor(Date.now() / 1_000);

  constructor(request: ChatRequest, reply: Reply) {
    this.#request = request;
    this.#reply = reply;
  }

  whole() {
    const { text, call } = this.#reply;
    const toolCalls = call && [
      {
        id: this.#callId,
        type: 'function',
        function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      },
    ];
    return {
      ...this.#head('chat.completion'),
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: text === '' && call ? null : text,
            refusal: null,
            ...(toolCalls ? { tool_calls: toolCalls } : {}),
          },
          logprobs: null,
          finish_reason: this.#finishReason,
        },
      ],
      usage: this.#usage(),
    };
  }

  /** Server-sent events, a word at a time, then the tool call, then the usage when it was asked for. */
  async stream(response: ServerResponse): Promise<void> {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
    });
    for (const chunk of this.#chunks())
      if (!(await writeChunk(response, `data: ${JSON.stringify(chunk)}\n\n`))) return;
    response.end('data: [DONE]\n\n');
  }

  *#chunks(): Generator<object> {
    const { text, call } = this.#reply;
    const head = this.#head('chat.completion.chunk');
    const chunk = (delta: object, finish: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    });
    yield chunk({ role: 'assistant', content: '' });
    for (const word of text.match(/\S+\s*/g) ?? []) yield chunk({ content: word });
    if (call) {
      const opened = {
        index: 0,
        id: this.#callId,
        type: 'function',
        function: { name: call.name, arguments: '' },
      };
      yield chunk({ tool_calls: [opened] });
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: JSON.stringify(call.arguments) } }] });
    }
    yield chunk({}, this.#finishReason);
    if (this.#request.stream_options?.include_usage) yield { ...head, choices: [], usage: this.#usage() };
  }

  get #finishReason(): 'tool_calls' | 'stop' {
    return this.#reply.call ? 'tool_calls' : 'stop';
  }

  #head(object: string) {
    return {
      id: this.#id,
      object,
      created: this.#created,
      model: this.#request.model,
      system_fingerprint: 'scripted',
    };
  }

  /** There is no tokenizer: four characters count as one token, the usual rule of thumb. */
  #usage(): Usage {
    const tokens = (text: string) => Math.ceil(text.length / 4);
    const prompt = this.#request.messages.reduce((sum, message) => sum + tokens(message.content) + 4, 0);
    const { text, call } = this.#reply;
    const completion = tokens(text) + (call ? tokens(call.name + JSON.stringify(call.arguments)) : 0);
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0 },
    };
  }
}
