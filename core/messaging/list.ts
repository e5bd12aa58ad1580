import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { textMessages } from '../../db/schema/text-messages.ts';
import { operation } from '../operation.ts';

export type TextMessage = typeof textMessages.$inferSelect;

/** The text messages of the workspace, newest first. */
export const listTextMessages = operation({
  name: 'text_message.list',
  scope: 'member',
  input: z.object({ limit: z.number().int().min(1).max(500).default(100) }),
  reads: true,
  run: (ctx, { limit }): Promise<TextMessage[]> =>
    ctx.db
      .select()
      .from(textMessages)
      .where(eq(textMessages.workspaceId, ctx.workspaceId))
      .orderBy(desc(textMessages.createdAt), desc(textMessages.id))
      .limit(limit),
});
