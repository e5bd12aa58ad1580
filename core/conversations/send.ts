import { z } from 'zod';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import type { Conversation } from './conversation.ts';
import { finishReply } from './finish-reply.ts';
import { limits } from './limits.ts';
import type { ConversationMessage } from './message.ts';
import { ChatReply, type ReplyEvent } from './reply.ts';
import { speakerOf } from './speaker.ts';
import { messageText, type TakenMessage, takeMessage } from './take-message.ts';

export type SendEvent =
  | ReplyEvent
  /** The last one: what was kept of the reply. */
  | {
      readonly type: 'done';
      readonly conversation: Conversation;
      readonly messages: readonly ConversationMessage[];
    };

/**
 * Says something to an agent; the answer comes bit by bit. The message is taken (or refused, see takeMessage) before
 * this resolves. Whoever stops listening, or aborts, ends the reply; what was said until then is kept.
 */
export const sendMessage = operation({
  name: 'conversation.send',
  scope: 'member',
  input: z.object({
    conversationId: z.string(),
    text: messageText,
    signal: z.instanceof(AbortSignal).optional(),
  }),
  // The steps that write are operations of their own: a model must not hold a transaction open.
  reads: true,
  run: async (ctx, { conversationId, text, signal }): Promise<AsyncIterable<SendEvent>> => {
    const taken = await takeMessage(ctx, { conversationId, text });
    return events(ctx, taken, signal);
  },
});

async function* events(
  ctx: OperationContext,
  taken: TakenMessage,
  given: AbortSignal | undefined,
): AsyncGenerator<SendEvent> {
  const { conversation } = taken;
  const gone = new AbortController();
  const late = AbortSignal.timeout(limits.replyMs);
  const signal = AbortSignal.any([gone.signal, late, ...(given ? [given] : [])]);
  let reply: ChatReply | undefined;
  let kept: Awaited<ReturnType<typeof finishReply>> | undefined;
  const finish = async () => {
    const { bodies = [], ends = false } = reply ?? {};
    kept = await finishReply(ctx, { conversationId: conversation.id, bodies, ends });
    return kept;
  };
  try {
    reply = new ChatReply(ctx, taken, await speakerOf(ctx, conversation));
    yield* reply.stream(signal);
    yield { type: 'done', ...(await finish()) };
  } finally {
    gone.abort();
    if (kept === undefined) await finish();
  }
}
