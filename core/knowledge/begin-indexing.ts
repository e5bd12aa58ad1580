import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { agentDefinition } from '../agents/definition.ts';
import { operation } from '../operation.ts';
import { type KnowledgeFile, lockRevision, updateFile } from './knowledge-file.ts';
import { searchConfigOf } from './search-config.ts';

/** A revision is about to be indexed. Null: it was deleted or replaced, and there is nothing to do. */
export const beginIndexing = operation({
  name: 'knowledge.begin_indexing',
  scope: 'system',
  input: z.object({ fileId: z.uuid(), revision: z.number().int() }),
  run: async (ctx, revision): Promise<(KnowledgeFile & { readonly searchConfig: string }) | null> => {
    const file = await lockRevision(ctx, revision);
    if (file === null) return null;
    const [agent] = await ctx.db
      .select({ definition: agentVersions.definition })
      .from(agents)
      .innerJoin(agentVersions, eq(agentVersions.id, agents.liveVersionId))
      .where(eq(agents.id, file.agentId));
    const { language } = agentDefinition.pick({ language: true }).parse(agent?.definition ?? {});
    const begun = await updateFile(ctx, file.id, { status: 'indexing', error: null });
    // Not in the row yet: until the passages are replaced they are searched with what they were indexed with.
    return { ...begun, searchConfig: searchConfigOf(language) };
  },
});
