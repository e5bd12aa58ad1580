import type { z } from 'zod';
import type {
  Conversation,
  ConversationListItem,
  ConversationMessage,
} from '../../../../core/conversations/index.ts';
import type { chatMessageOut, chatOut, chatReplyOut } from '../schemas/chat.ts';

export const presentChat = (row: ConversationListItem): z.input<typeof chatOut> => ({
  id: row.id,
  workspace_id: row.workspaceId,
  agent_id: row.agentId,
  agent_name: row.agentName,
  agent_version_id: row.agentVersionId,
  thread_id: row.threadId,
  status: row.status,
  dynamic_variables: row.variables,
  missing_variables: row.missingVariables,
  message_count: row.messageCount,
  last_message_at: row.lastMessageAt?.toISOString() ?? null,
  created_at: row.createdAt.toISOString(),
  ended_at: row.endedAt?.toISOString() ?? null,
  end_reason: row.endReason,
});

export const presentMessage = ({
  seq,
  role,
  text,
  data,
  createdAt,
}: ConversationMessage): z.input<typeof chatMessageOut> => ({
  ...{ seq, role, text },
  at: createdAt.toISOString(),
  data: role === 'tool' ? presentUse(data) : role === 'agent' ? presentTimes(data) : { ...data },
});

export const presentReply = (
  { id, status }: Conversation,
  messages: readonly ConversationMessage[],
): z.input<typeof chatReplyOut> => ({
  chat_id: id,
  status,
  reply: messages.flatMap(({ role, text }) => (role === 'agent' ? [text] : [])).join('\n'),
  messages: messages.map(presentMessage),
});

export const presentUse = ({
  toolCallId,
  durationMs,
  ...use
}: Extract<ConversationMessage, { role: 'tool' }>['data']) => ({
  tool_call_id: toolCallId,
  ...use,
  duration_ms: durationMs,
});

const presentTimes = ({
  firstTokenMs,
  tookMs,
  interrupted,
}: Extract<ConversationMessage, { role: 'agent' }>['data']) => ({
  ...(firstTokenMs === undefined ? {} : { first_token_ms: firstTokenMs }),
  ...(tookMs === undefined ? {} : { took_ms: tookMs }),
  ...(interrupted === undefined ? {} : { interrupted }),
});
