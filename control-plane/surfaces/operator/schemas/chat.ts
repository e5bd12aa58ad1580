import { z } from 'zod';
import { conversationLimits } from '../../../../core/conversations/index.ts';
import { threadField, variablesField, versionField } from '../../../../core/fields.ts';
import { intParam } from '../../../http/params.ts';

export const chatIn = z
  .object({
    chat_id: z.uuid().optional().meta({ description: 'Left out: a new chat with `agent_id` begins.' }),
    agent_id: z.uuid().optional(),
    message: z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(conversationLimits.messageLength)
      .optional()
      .meta({ description: 'Left out with a new chat: only the agent’s first message is answered.' }),
    agent_version: versionField.optional().meta({ description: 'Left out: the version that calls run.' }),
    dynamic_variables: variablesField.optional(),
    thread_id: threadField.optional().meta({
      description:
        'Joins chats and calls of one person. A phone number in E.164 joins the calls of that number.',
    }),
    stream: z.boolean().default(false).meta({ description: 'true: the answer is server-sent events.' }),
  })
  .superRefine((body, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (body.chat_id === undefined && body.agent_id === undefined) issue('agent_id', 'needed for a new chat');
    if (body.chat_id !== undefined && body.message === undefined) issue('message', 'needed');
    for (const field of ['agent_id', 'agent_version', 'dynamic_variables', 'thread_id'] as const)
      if (body.chat_id !== undefined && body[field] !== undefined)
        issue(field, 'belongs to the beginning of a chat');
  })
  .meta({ id: 'ChatInteraction' });

export const chatFilters = z.object({
  page: intParam({ min: 1, max: 1_000_000, fallback: 1 }),
  page_size: intParam({ min: 1, max: 100, fallback: 25 }),
  agent_id: z.uuid().optional(),
  thread_id: threadField.optional(),
});

const when = z.iso.datetime().nullable();

export const chatOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    agent_id: z.uuid(),
    agent_name: z.string(),
    agent_version_id: z.uuid(),
    thread_id: z.string().nullable(),
    status: z.enum(['open', 'ended']),
    dynamic_variables: z.record(z.string(), z.string()),
    missing_variables: z.array(z.string()),
    message_count: z.number().int(),
    last_message_at: when,
    created_at: z.iso.datetime(),
    ended_at: when,
    end_reason: z.string().nullable(),
  })
  .meta({ id: 'Chat' });

export const chatMessageOut = z
  .object({
    seq: z.number().int(),
    role: z.enum(['user', 'agent', 'tool', 'note', 'error']),
    text: z.string(),
    at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).meta({
      description: 'tool: its call and result. agent: milliseconds. note: the fields.',
    }),
  })
  .meta({ id: 'ChatMessage' });

export const chatReplyOut = z
  .object({
    chat_id: z.uuid(),
    status: z.enum(['open', 'ended']),
    reply: z.string().meta({ description: 'What the agent has written in answer, as one text.' }),
    messages: z.array(chatMessageOut).meta({ description: 'What the agent has said and done.' }),
  })
  .meta({ id: 'ChatReply' });

export const chatDetailOut = chatOut.extend({ messages: z.array(chatMessageOut) }).meta({ id: 'ChatDetail' });
