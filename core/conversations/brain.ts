import type { AgentDefinition, WebhookBrain } from '../agents/definition.ts';
import { askWebhook, type WebhookContext, type WebhookRequest } from '../brains/webhook.ts';
import type { ChatModel, ModelDelta, ModelMessage, Ports } from '../ports.ts';
import { limits } from './limits.ts';

/** Where an agent's words come from: one step of a reply, text or function calls. */
export interface Brain {
  think(
    messages: readonly ModelMessage[],
    tools: Parameters<ChatModel['stream']>[0]['tools'],
    signal: AbortSignal,
  ): AsyncIterable<ModelDelta>;
}

/** The brain that a definition names. */
export function brainOf(
  definition: AgentDefinition,
  { chatModel }: Pick<Ports, 'chatModel'>,
  context: () => Promise<WebhookContext>,
): Brain {
  const { brain } = definition;
  if (brain.kind === 'webhook')
    return {
      think: (messages, tools, signal) => askTwice(brain, { messages, tools, signal }, context),
    };
  const { model, temperature, maxTokens } = definition.llm;
  return {
    think: (messages, tools, signal) =>
      chatModel.stream({
        ...{ model, messages, tools, temperature, maxTokens, signal },
        timeoutMs: limits.modelSilenceMs,
      }),
  };
}

/** A request that fails before its first bit is sent once more. */
async function* askTwice(
  brain: WebhookBrain,
  request: WebhookRequest,
  context: () => Promise<WebhookContext>,
): AsyncGenerator<ModelDelta> {
  const known = await context();
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    try {
      for await (const delta of askWebhook(brain, request, known)) {
        begun = true;
        yield delta;
      }
      return;
    } catch (error) {
      if (begun || attempt > 1 || request.signal?.aborted) throw error;
    }
  }
}
