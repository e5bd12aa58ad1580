import { APIConnectionError, llm } from '@livekit/agents';
import { z } from 'zod';
import type { WebhookBrain } from '../../core/agents/definition.ts';
import { askWebhook, type WebhookContext, type WebhookRequest } from '../../core/brains/webhook.ts';
import type { ModelMessage } from '../../core/ports.ts';
import { messageOf } from '../message-of.ts';
import type { Member } from './fallback/chain.ts';
import type { ReplyTiming } from './fallback/llm-reply.ts';

type Request = Parameters<llm.LLM['chat']>[0];

/** A server of the agent's owner in the place of a language model. */
export const webhookMember = (brain: WebhookBrain, context: WebhookContext): Member<llm.LLM> => ({
  provider: 'webhook',
  label: `webhook/${new URL(brain.url).host}`,
  make: () => new WebhookLlm(brain, context),
});

/** Asked twice, and never twice at once: it may keep a state. */
export const webhookTiming = ({ timeoutMs }: WebhookBrain): Partial<ReplyTiming> => ({
  overtakeMs: Number.POSITIVE_INFINITY,
  overtakeAloneMs: Number.POSITIVE_INFINITY,
  gapMs: timeoutMs + 500,
  giveUpMs: 2 * timeoutMs + 1_500,
  attempts: 2,
});

class WebhookLlm extends llm.LLM {
  readonly #brain: WebhookBrain;
  readonly #context: WebhookContext;

  constructor(brain: WebhookBrain, context: WebhookContext) {
    super();
    this.#brain = brain;
    this.#context = context;
  }

  override label(): string {
    return 'trunkline.WebhookLlm';
  }

  override get model(): string {
    return 'custom';
  }

  override get provider(): string {
    return 'webhook';
  }

  override chat(request: Request): llm.LLMStream {
    return new WebhookStream(this, request, this.#brain, this.#context);
  }
}

class WebhookStream extends llm.LLMStream {
  readonly #brain: WebhookBrain;
  readonly #context: WebhookContext;

  constructor(owner: llm.LLM, { chatCtx, toolCtx }: Request, brain: WebhookBrain, context: WebhookContext) {
    super(owner, {
      chatCtx,
      ...(toolCtx === undefined ? {} : { toolCtx }),
      connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 60_000 },
    });
    this.#brain = brain;
    this.#context = context;
  }

  protected override async run(): Promise<void> {
    const { signal } = this.abortController;
    const id = crypto.randomUUID();
    const put = (delta: llm.ChoiceDelta) => {
      if (!this.queue.closed) this.queue.put({ id, delta });
    };
    try {
      const request: WebhookRequest = {
        messages: await messagesOf(this.chatCtx),
        tools: toolsOf(this.toolCtx),
        signal,
      };
      for await (const delta of askWebhook(this.#brain, request, this.#context)) {
        if (delta.type === 'text') put({ role: 'assistant', content: delta.text });
        else {
          const call = llm.FunctionCall.create({ callId: delta.id, name: delta.name, args: delta.arguments });
          put({ role: 'assistant', toolCalls: [call] });
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      throw new APIConnectionError({ message: messageOf(error), options: { retryable: false } });
    }
  }
}

const wireMessages = z.array(
  z.object({
    role: z.string(),
    // A message that only calls functions has none.
    content: z.unknown().optional(),
    tool_call_id: z.string().default(''),
    tool_calls: z
      .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
      .default([]),
  }),
);

/** The conversation as the framework would send it to OpenAI. */
async function messagesOf(context: llm.ChatContext): Promise<ModelMessage[]> {
  const wire = wireMessages.parse(await context.toProviderFormat('openai'));
  return wire.map(({ role, content, tool_call_id: toolCallId, tool_calls }): ModelMessage => {
    const text = typeof content === 'string' ? content : '';
    if (role === 'tool') return { role, toolCallId, content: text };
    if (role !== 'assistant') return { role: role === 'user' ? 'user' : 'system', content: text };
    if (tool_calls.length === 0) return { role, content: text };
    const toolCalls = tool_calls.map(({ id, function: { name, arguments: args } }) => ({
      ...{ id, name },
      arguments: args,
    }));
    return { role, content: text, toolCalls };
  });
}

const toolsOf = (context: llm.ToolContext | undefined): WebhookRequest['tools'] =>
  context === undefined
    ? []
    : llm.sortedToolEntries(context).map(([name, { description, parameters }]) => {
        const { $schema: _, ...schema } = llm.toJsonSchema(parameters, true, false) as unknown as Record<
          string,
          unknown
        >;
        return { name, description, parameters: schema };
      });
