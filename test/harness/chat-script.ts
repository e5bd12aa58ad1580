import { LanguageModelError } from '../../core/language-model-error.ts';
import type { ChatModel } from '../../core/ports.ts';

export type ChatRequest = Parameters<ChatModel['stream']>[0];

/** What a model of the tests does with one request. */
export type ChatScript = (
  request: ChatRequest,
) =>
  | { readonly text: string }
  | { readonly text?: string; readonly tool: string; readonly args: Record<string, unknown> | string }
  | { readonly text?: string; readonly failure: string };

let calls = 0;

/** core/ports.ts `ChatModel` that plays a script, a word at a time. */
export const scriptedChat = (script: ChatScript): ChatModel => ({
  stream: async function* (request) {
    const reply = script(request);
    for (const text of reply.text?.match(/\S+\s*/g) ?? []) {
      request.signal?.throwIfAborted();
      await Promise.resolve();
      yield { type: 'text', text };
    }
    if ('failure' in reply) throw new LanguageModelError(reply.failure);
    if (!('tool' in reply)) return;
    const { tool: name, args } = reply;
    const text = typeof args === 'string' ? args : JSON.stringify(args);
    yield { type: 'tool_call', id: `call_${++calls}`, name, arguments: text };
  },
});
