import { and, eq, isNull } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';

export type KnowledgeFile = typeof knowledgeFiles.$inferSelect;

/**
 * One revision of a file, locked, as long as its agent lives. Null: deleted or replaced meanwhile, so whoever works on
 * it has nothing to do any more.
 */
export async function lockRevision(
  ctx: OperationContext,
  { fileId, revision }: { fileId: string; revision: number },
): Promise<KnowledgeFile | null> {
  const [row] = await ctx.db
    .select({ file: knowledgeFiles })
    .from(knowledgeFiles)
    .innerJoin(agents, and(eq(agents.id, knowledgeFiles.agentId), isNull(agents.deletedAt)))
    .where(and(eq(knowledgeFiles.id, fileId), eq(knowledgeFiles.revision, revision)))
    .for('update', { of: knowledgeFiles });
  return row?.file ?? null;
}

export async function updateFile(
  ctx: OperationContext,
  fileId: string,
  changes: Partial<typeof knowledgeFiles.$inferInsert>,
): Promise<KnowledgeFile> {
  const [file] = await ctx.db
    .update(knowledgeFiles)
    .set(changes)
    .where(eq(knowledgeFiles.id, fileId))
    .returning();
  if (!file) throw new DomainError('internal', 'The update of a knowledge file returned nothing.');
  return file;
}
