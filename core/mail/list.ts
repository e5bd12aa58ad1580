import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { emails } from '../../db/schema/emails.ts';
import { isConfined } from '../key-scopes.ts';
import { operation } from '../operation.ts';

export interface OutgoingEmail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly status: (typeof emails.$inferSelect)['status'];
  readonly error: string | null;
  /** Only of a mail that no server takes: somebody has to hand it over. Never for a key with scopes. */
  readonly text: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

/**
 * The mail of the workspace, newest first; a superuser sees that of nobody's workspace as well (confirmations, new
 * passwords), because on a machine without a mail server there is no other way to get at its links. A key with scopes
 * gets no texts: whoever opens the link of an invitation may more than the key.
 */
export const listEmails = operation({
  name: 'email.list',
  scope: 'admin',
  input: z.object({ limit: z.number().int().min(1).max(500).default(100) }),
  reads: true,
  run: async (ctx, { limit }): Promise<OutgoingEmail[]> => {
    const mayRead = !isConfined(ctx.actor);
    const rows = await ctx.db
      .select()
      .from(emails)
      .where(ctx.role === 'superuser' ? undefined : eq(emails.workspaceId, ctx.workspaceId))
      .orderBy(desc(emails.createdAt), desc(emails.id))
      .limit(limit);
    return rows.map(({ toAddress, sealedText, workspaceId: _, updatedAt: __, ...row }) => ({
      ...row,
      to: toAddress,
      text: mayRead && row.status === 'held' && sealedText ? ctx.services.sealer.open(sealedText) : null,
    }));
  },
});
