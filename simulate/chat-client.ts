import { z } from 'zod';
import type { Answer } from './judge.ts';

export interface ChatAnswer extends Answer {
  readonly chatId: string;
  readonly ended: boolean;
}

export interface Target {
  readonly url: string;
  readonly apiKey: string;
  readonly agentId: string;
  /** Left out: the version that calls run. */
  readonly version?: number | undefined;
}

const message = z.object({
  role: z.enum(['user', 'agent', 'tool', 'note', 'error']),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const answer = z.object({
  chat_id: z.string(),
  status: z.enum(['open', 'ended']),
  reply: z.string(),
  messages: z.array(message),
});
const tool = z.object({ name: z.string(), ok: z.boolean(), arguments: z.string() });

const timeoutMs = 60_000;

/** The chat rows of the operator API, as a caller uses them. Throws with the API's words. */
export class ChatClient {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  begin(variables: Readonly<Record<string, string>>): Promise<ChatAnswer> {
    return this.#post({
      agent_id: this.#target.agentId,
      dynamic_variables: variables,
      ...(this.#target.version === undefined ? {} : { agent_version: this.#target.version }),
    });
  }

  say(chatId: string, text: string): Promise<ChatAnswer> {
    return this.#post({ chat_id: chatId, message: text });
  }

  async #post(body: object): Promise<ChatAnswer> {
    const startedAt = Date.now();
    const response = await fetch(new URL('/chats', this.#target.url), {
      method: 'POST',
      headers: { 'x-api-key': this.#target.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST /chats answered ${response.status}: ${text.slice(0, 500)}`);
    const { chat_id, status, reply, messages } = answer.parse(JSON.parse(text));
    return {
      chatId: chat_id,
      ended: status === 'ended',
      said: reply,
      calls: messages.flatMap(({ role, data }) => (role === 'tool' ? [callOf(data)] : [])),
      notes: messages.flatMap(({ role, data }) =>
        role === 'note' ? [data.fields as Record<string, unknown>] : [],
      ),
      problems: messages.flatMap(({ role, text: words }) => (role === 'error' ? [words] : [])),
      tookMs: Date.now() - startedAt,
    };
  }
}

function callOf(data: Record<string, unknown>) {
  const { name, ok, arguments: text } = tool.parse(data);
  try {
    return { name, ok, arguments: JSON.parse(text) as unknown };
  } catch {
    return { name, ok, arguments: text };
  }
}
