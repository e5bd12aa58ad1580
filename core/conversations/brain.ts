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
  const { model: first, temperature, maxTokens, fallbacks } = definition.llm;
  const models = [first, ...fallbacks.map(({ model }) => model)];
  return {
    think: (messages, tools, signal) =>
      firstThatAnswers(
        models.map(
          (model, index) => () =>
            chatModel.stream({
              ...{ model, messages, tools, temperature, maxTokens, signal },
              timeoutMs: index < models.length - 1 ? limits.fallbackAfterMs : limits.modelSilenceMs,
            }),
        ),
        signal,
      ),
  };
}

/** A request that fails before its first bit is sent once more. */
async function* askTwice(
  brain: WebhookBrain,
  request: WebhookRequest,
  context: () => Promise<WebhookContext>,
): AsyncGenerator<ModelDelta> {
  const known = await context();
  const ask = () => askWebhook(brain, request, known);
  yield* firstThatAnswers([ask, ask], request.signal);
}

/** One attempt after the other, while not a bit has come; the last one's failure is the failure. */
async function* firstThatAnswers(
  attempts: readonly (() => AsyncIterable<ModelDelta>)[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ModelDelta> {
  for (const [index, attempt] of attempts.entries()) {
    let begun = false;
    try {
      for await (const delta of attempt()) {
        begun = true;
        yield delta;
      }
      return;
    } catch (error) {
      if (begun || index === attempts.length - 1 || signal?.aborted) throw error;
    }
  }
}
