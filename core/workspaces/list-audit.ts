import { and, desc, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { auditLog } from '../../db/schema/audit-log.ts';
import { operation } from '../operation.ts';
import { requireActive } from './active.ts';

export type AuditEntry = typeof auditLog.$inferSelect;

/** What was changed in the workspace, by whom and through which surface; newest first. */
export const listAudit = operation({
  name: 'audit.list',
  scope: 'admin',
  input: z.object({
    workspaceId: z.string(),
    /** Entries written before the one with this id. */
    before: z.number().int().positive().optional(),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  reads: true,
  run: (ctx, { workspaceId, before, limit }): Promise<AuditEntry[]> => {
    requireActive(ctx, workspaceId);
    return ctx.db
      .select()
      .from(auditLog)
      .where(
        and(
          eq(auditLog.workspaceId, ctx.workspaceId),
          before === undefined ? undefined : lt(auditLog.id, before),
        ),
      )
      .orderBy(desc(auditLog.id))
      .limit(limit);
  },
});
