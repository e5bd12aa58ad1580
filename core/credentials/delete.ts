import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { credentials } from '../../db/schema/credentials.ts';
import { isUuid } from '../../platform/ids.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';

/** Forgets a credential. Throws conflict, with their names, while agents or their drafts refer to it. */
export const deleteCredential = operation({
  name: 'credential.delete',
  scope: 'admin',
  input: z.object({ credentialId: z.string() }),
  audit: ({ credentialId }) => ({ target: credentialId }),
  run: async (ctx, { credentialId }): Promise<void> => {
    const mine = and(eq(credentials.id, credentialId), eq(credentials.workspaceId, ctx.workspaceId));
    const [found] = isUuid(credentialId)
      ? await ctx.db.select({ name: credentials.name }).from(credentials).where(mine).for('update')
      : [];
    if (!found) throw notFound('Credential');
    const users = await agentsWith(ctx, found.name);
    if (users.length > 0)
      throw new DomainError('conflict', `"${found.name}" is used by ${users.join(', ')}.`, {
        details: { agents: users },
      });
    await ctx.db.delete(credentials).where(mine);
  },
});

/** Agents whose live version, second version or draft names the credential. */
async function agentsWith(ctx: WorkspaceContext, name: string): Promise<string[]> {
  const uses = (definition: typeof agentVersions.definition | typeof agentDrafts.definition) => {
    const [one, other] = ['functions', 'mcpServers'].map(
      (list) => sql`${definition}->${list} @> ${JSON.stringify([{ credential: name }])}::jsonb`,
    );
    const brain = sql`${definition}->'brain'->>'credential' = ${name}`;
    return or(one, other, brain);
  };
  const rows = await ctx.db
    .selectDistinct({ name: agents.name })
    .from(agents)
    .leftJoin(
      agentVersions,
      or(eq(agentVersions.id, agents.liveVersionId), eq(agentVersions.id, agents.splitVersionId)),
    )
    .leftJoin(agentDrafts, eq(agentDrafts.agentId, agents.id))
    .where(
      and(
        eq(agents.workspaceId, ctx.workspaceId),
        isNull(agents.deletedAt),
        or(uses(agentVersions.definition), uses(agentDrafts.definition)),
      ),
    )
    .orderBy(agents.name);
  return rows.map((row) => row.name);
}
