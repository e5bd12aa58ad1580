import { and, count, eq } from 'drizzle-orm';
import { z } from 'zod';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { findAgent } from '../agents/agent.ts';
import type { WorkspaceContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type KnowledgeFile, updateFile } from './knowledge-file.ts';
import { limits } from './limits.ts';
import type { RefusedFile } from './stage-file.ts';

const staged = z.object({
  name: z.string().min(1),
  type: z.enum(['pdf', 'docx', 'txt', 'md', 'html', 'csv']),
  sizeBytes: z.number().int().min(1).max(limits.fileBytes),
  sha256: z.string(),
  blobKey: z.string(),
});
type Staged = z.output<typeof staged>;

export interface AddedFiles {
  readonly files: readonly KnowledgeFile[];
  readonly refused: readonly RefusedFile[];
}

/**
 * Gives an agent the files that were staged for it. A name it has already is replaced (the old passages answer until
 * the new ones are there); the same bytes under the same name change nothing. Bytes nobody needs are removed by a job.
 */
export const addFiles = operation({
  name: 'knowledge.add',
  scope: 'developer',
  input: z.object({ agentId: z.string(), files: z.array(staged).min(1).max(limits.filesPerUpload) }),
  audit: ({ agentId }, { files }: AddedFiles) => ({
    target: agentId,
    details: { files: files.map(({ name }) => name) },
  }),
  run: async (ctx, { agentId, files }): Promise<AddedFiles> => {
    // The lock keeps two uploads from exceeding the limit together.
    await findAgent(ctx, agentId, { lock: true });
    const added: KnowledgeFile[] = [];
    const refused: RefusedFile[] = [];
    const unneeded: string[] = [];
    const names = new Set<string>();
    for (const file of files) {
      const outcome = names.has(file.name)
        ? { refusal: 'another file of this upload has the same name' }
        : await put(ctx, agentId, file, unneeded);
      names.add(file.name);
      if ('refusal' in outcome) {
        refused.push({ name: file.name, reason: outcome.refusal, tooLarge: false });
        unneeded.push(file.blobKey);
      } else added.push(outcome);
    }
    if (unneeded.length > 0) await ctx.emit('remove-blobs', { keys: unneeded });
    return { files: added, refused };
  },
});

async function put(
  ctx: WorkspaceContext,
  agentId: string,
  file: Staged,
  unneeded: string[],
): Promise<KnowledgeFile | { readonly refusal: string }> {
  const [known] = await ctx.db
    .select()
    .from(knowledgeFiles)
    .where(and(eq(knowledgeFiles.agentId, agentId), eq(knowledgeFiles.name, file.name)))
    .for('update');
  if (known?.sha256 === file.sha256 && known.status !== 'failed') {
    unneeded.push(file.blobKey);
    return known;
  }
  const stored = known ? await replace(ctx, known, file, unneeded) : await insert(ctx, agentId, file);
  if ('refusal' in stored) return stored;
  // One key for each revision: what waits would swallow a later message of the same key.
  await ctx.emit(
    'index-knowledge',
    { fileId: stored.id, revision: stored.revision },
    { key: `knowledge-${stored.id}-${stored.revision}` },
  );
  return stored;
}

async function replace(ctx: WorkspaceContext, known: KnowledgeFile, file: Staged, unneeded: string[]) {
  unneeded.push(known.blobKey);
  return updateFile(ctx, known.id, {
    ...file,
    revision: known.revision + 1,
    status: 'queued',
    error: null,
    uploadedAt: new Date(),
  });
}

async function insert(ctx: WorkspaceContext, agentId: string, file: Staged) {
  const [total] = await ctx.db
    .select({ files: count() })
    .from(knowledgeFiles)
    .where(eq(knowledgeFiles.agentId, agentId));
  if ((total?.files ?? 0) >= limits.filesPerAgent)
    return { refusal: `the agent has ${limits.filesPerAgent} files already; delete one first` };
  const [stored] = await ctx.db
    .insert(knowledgeFiles)
    .values({ ...file, workspaceId: ctx.workspaceId, agentId })
    .returning();
  if (!stored) throw new Error('The insert of a knowledge file returned nothing.');
  return stored;
}
