import type { DefinitionPatch } from '../../core/agents/merge-definition.ts';
import {
  getConversation,
  type SendEvent,
  sendMessage,
  startConversation,
} from '../../core/conversations/index.ts';
import type { ChatRequest, ChatScript } from '../harness/chat-script.ts';
import type { TestContext } from '../harness/context.ts';
import { newAgent } from './lines.ts';
import type { Person } from './people.ts';

/** Chats of one person's agents with a model that follows a script. */
export class ChatDesk {
  readonly #t: TestContext;
  readonly #person: Person;
  /** What the model was asked since the script began. */
  asked: ChatRequest[] = [];

  constructor(t: TestContext, person: Person) {
    this.#t = t;
    this.#person = person;
    this.script({ text: 'We are open from nine to five.' });
  }

  /** The model takes one step after the other; the last one again and again. */
  script(...list: readonly ReturnType<ChatScript>[]): void {
    this.asked = [];
    this.#t.ports.chatReply = (request) => {
      this.asked.push(request);
      return list[Math.min(this.asked.length, list.length) - 1] ?? { text: 'Nothing.' };
    };
  }

  async chat(definition: DefinitionPatch = {}, more: Partial<Parameters<typeof startConversation>[1]> = {}) {
    const { ctx } = this.#person;
    const agent = await newAgent(ctx, {
      definition: { systemPrompt: 'You are {{name}}.', variables: { name: 'Rosa' }, ...definition } as never,
    });
    const started = await startConversation(ctx, { agentId: agent.id, ...more });
    const conversationId = started.conversation.id;
    return {
      agent,
      started,
      conversationId,
      say: async (text: string, signal?: AbortSignal) =>
        allOf(await sendMessage(ctx, { conversationId, text, ...(signal ? { signal } : {}) })),
      read: () => getConversation(ctx, { conversationId }),
    };
  }
}

export async function allOf(events: AsyncIterable<SendEvent>): Promise<SendEvent[]> {
  const list: SendEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

export const textOf = (events: readonly SendEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');
