import type { AgentDefinition } from '../agents/definition.ts';
import type { OperationContext } from '../context.ts';
import { earlierInThread } from './earlier.ts';

/** The definition of an agent that remembers, with what was said with the same person before in its prompt. */
export async function withThread(
  ctx: Pick<OperationContext, 'db'>,
  definition: AgentDefinition,
  { id, workspaceId, threadId }: { id: string; workspaceId: string; threadId: string | null },
): Promise<AgentDefinition> {
  if (!definition.rememberThread || threadId === null) return definition;
  const earlier = await earlierInThread(ctx, { workspaceId, threadId, exceptId: id });
  if (earlier === '') return definition;
  return { ...definition, systemPrompt: `${definition.systemPrompt}\n\n${earlier}` };
}
