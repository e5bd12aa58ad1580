import { z } from 'zod';
import type { Context } from '../../../../core/context.ts';
import {
  type Conversation,
  type ConversationMessage,
  endConversation,
  getConversation,
  listConversations,
  type SendEvent,
  sendMessage,
  startConversation,
} from '../../../../core/conversations/index.ts';
import { DomainError } from '../../../../core/errors.ts';
import { rethrowAfter } from '../../../http/open-streams.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { type EventStream, openEventStream } from '../../../http/sse.ts';
import type { OperatorDeps } from '../deps.ts';
import { presentChat, presentMessage, presentReply, presentUse } from '../presenters/chat.ts';
import { chatDetailOut, chatFilters, chatIn, chatOut, chatReplyOut } from '../schemas/chat.ts';

const interact = ({ streams, closing }: OperatorDeps) =>
  route({
    method: 'post',
    path: '/chats',
    operationId: 'chat',
    summary: 'Say something to an agent in writing, and get its answer',
    description:
      'A new chat begins with `agent_id`, it goes on with `chat_id`. With `stream` (or `Accept: text/event-stream`) the answer is server-sent events: `chat`, then `text` and `tool` as they come, then `done` with what the whole answer would have been, or `failed`.',
    auth: 'member',
    keyScope: 'chats:write',
    status: 200,
    errors: [404, 409, 429],
    limit: { name: 'chat', points: 600, durationMs: 60_000 },
    body: chatIn,
    returns: chatReplyOut,
    wireNames: {
      variables: 'dynamic_variables',
      threadId: 'thread_id',
      agentId: 'agent_id',
      text: 'message',
    },
    handle: async ({ ctx, body, koa }) => {
      if (body.message === undefined) {
        const { conversation, messages } = await begin(ctx, body);
        return presentReply(conversation, messages);
      }
      const gone = new AbortController();
      if (body.stream || koa.accepts(['json', 'text/event-stream']) === 'text/event-stream') {
        const leave = streams.enter(ctx);
        const { begun, events } = await say(ctx, body, gone.signal).catch(rethrowAfter(leave));
        const onEnd = () => {
          leave();
          gone.abort();
        };
        void pump(ctx, openEventStream(koa, { closing, onEnd }), begun, events);
        return undefined;
      }
      // Of the request nothing is heard any more once its body is there.
      koa.res.once('close', () => gone.abort());
      const { begun, events } = await say(ctx, body, gone.signal);
      for await (const event of events)
        if (event.type === 'done')
          return presentReply(event.conversation, [...begun.messages, ...event.messages]);
      throw new DomainError('unavailable', 'The agent was interrupted.');
    },
  });

interface Begun {
  readonly conversation: Conversation;
  readonly messages: readonly ConversationMessage[];
}

async function begin(ctx: Context, body: z.output<typeof chatIn>): Promise<Begun> {
  const { chat_id, agent_id = '', agent_version, dynamic_variables, thread_id } = body;
  if (chat_id === undefined)
    return startConversation(ctx, {
      agentId: agent_id,
      version: agent_version,
      variables: dynamic_variables,
      threadId: thread_id,
    });
  const { conversation } = await getConversation(ctx, { conversationId: chat_id });
  return { conversation, messages: [] };
}

async function say(ctx: Context, body: z.output<typeof chatIn>, signal: AbortSignal) {
  const begun = await begin(ctx, body);
  const conversationId = begun.conversation.id;
  return { begun, events: await sendMessage(ctx, { conversationId, text: body.message ?? '', signal }) };
}

async function pump(
  ctx: Context,
  stream: EventStream,
  begun: Begun,
  events: AsyncIterable<SendEvent>,
): Promise<void> {
  stream.send('chat', { chat_id: begun.conversation.id, messages: begun.messages.map(presentMessage) });
  try {
    for await (const event of events) {
      if (event.type === 'text') stream.send('text', { text: event.text });
      else if (event.type === 'tool') stream.send('tool', presentUse(event.use));
      else stream.send('done', presentReply(event.conversation, [...begun.messages, ...event.messages]));
    }
  } catch (error) {
    ctx.services.log.error({ err: error, requestId: ctx.requestId }, 'a chat stream failed');
    stream.send('failed', { message: 'The agent could not answer.' });
  }
  stream.end();
}

const list = route({
  method: 'get',
  path: '/chats',
  operationId: 'listChats',
  summary: 'Chats of the workspace, newest first',
  auth: 'member',
  status: 200,
  query: chatFilters,
  returns: z
    .object({
      items: z.array(chatOut),
      total: z.number().int(),
      page: z.number().int(),
      page_size: z.number().int(),
      has_next: z.boolean(),
      has_prev: z.boolean(),
    })
    .meta({ id: 'ChatPage' }),
  handle: async ({ ctx, query: { page, page_size, agent_id, thread_id } }) => {
    const { items, total } = await listConversations(ctx, {
      ...{ page, pageSize: page_size, agentId: agent_id, threadId: thread_id },
    });
    return {
      items: items.map(presentChat),
      ...{ total, page, page_size },
      has_next: page * page_size < total,
      has_prev: page > 1,
    };
  },
});

const get = route({
  method: 'get',
  path: '/chats/{id}',
  operationId: 'getChat',
  summary: 'One chat with everything that was said and done in it',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: chatDetailOut,
  handle: async ({ ctx, params }) => {
    const { conversation, messages } = await getConversation(ctx, { conversationId: params.id });
    return { ...presentChat(conversation), messages: messages.map(presentMessage) };
  },
});

const end = route({
  method: 'post',
  path: '/chats/{id}/end',
  operationId: 'endChat',
  summary: 'End a chat',
  auth: 'member',
  status: 204,
  errors: [409],
  params: idParams,
  handle: async ({ ctx, params }) => {
    await endConversation(ctx, { conversationId: params.id });
    return undefined;
  },
});

export const chatRoutes = (deps: OperatorDeps) => [interact(deps), list, get, end];
