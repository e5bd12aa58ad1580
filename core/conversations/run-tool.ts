import { z } from 'zod';
import { operation } from '../operation.ts';
import { remoteToolRequest } from '../tools/remote-tools.ts';
import { runBuiltIn } from '../tools/run-built-in.ts';
import type { ToolSubject } from '../tools/subject.ts';
import { type Conversation, findConversation } from './conversation.ts';

/** One use of a built-in function by the agent of a chat. */
export const runConversationTool = operation({
  name: 'tool.run_in_conversation',
  scope: 'member',
  input: remoteToolRequest
    .pick({ toolCallId: true, name: true, arguments: true })
    .extend({ conversationId: z.string() }),
  audit: ({ conversationId, name }) => ({ target: conversationId, details: { name } }),
  run: async (ctx, { conversationId, ...use }) =>
    runBuiltIn(ctx, subjectOf(await findConversation(ctx, conversationId)), use),
});

/** A thread may be named after the person's number. */
function subjectOf({ id, workspaceId, agentId, threadId, variables }: Conversation): ToolSubject {
  const number = variables.phone_number ?? threadId ?? '';
  return {
    ...{ workspaceId, agentId },
    callId: null,
    conversationId: id,
    personNumber: /^\+[1-9]\d{4,14}$/.test(number) ? number : null,
    agentNumber: null,
    timeZone: variables.time_zone ?? null,
  };
}
