import { and, eq, gte, lte } from 'drizzle-orm';
import { z } from 'zod';
import { conversations } from '../../db/schema/conversations.ts';
import { threadField } from '../fields.ts';
import { operation } from '../operation.ts';
import { pageOfConversations } from './conversation.ts';

/** The conversations of the workspace, newest first. */
export const listConversations = operation({
  name: 'conversation.list',
  scope: 'member',
  input: z.object({
    page: z.number().int().min(1).max(1_000_000).default(1),
    pageSize: z.number().int().min(1).max(100).default(25),
    agentId: z.uuid().optional(),
    threadId: threadField.optional(),
    /** Begun in this span of time, both ends included. */
    startAt: z.date().optional(),
    endAt: z.date().optional(),
  }),
  reads: true,
  run: (ctx, { page, pageSize, agentId, threadId, startAt, endAt }) =>
    pageOfConversations(
      ctx,
      and(
        eq(conversations.workspaceId, ctx.workspaceId),
        agentId === undefined ? undefined : eq(conversations.agentId, agentId),
        threadId === undefined ? undefined : eq(conversations.threadId, threadId),
        startAt === undefined ? undefined : gte(conversations.createdAt, startAt),
        endAt === undefined ? undefined : lte(conversations.createdAt, endAt),
      ),
      { page, pageSize },
    ),
});
