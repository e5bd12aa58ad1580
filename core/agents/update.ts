import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { DomainError } from '../errors.ts';
import { phoneNumberField, webSlugField } from '../fields.ts';
import { operation } from '../operation.ts';
import { refuseDuplicate } from '../unique.ts';
import { type AgentWithDefinition, findAgent, withDefinition } from './agent.ts';
import { claimNumber } from './claim-number.ts';
import { slugTaken } from './create.ts';
import { definitionPatch, mergeDefinition } from './merge-definition.ts';
import { requireWorking } from './validate.ts';
import { addVersion, goLive } from './versions.ts';

const input = z.object({
  agentId: z.string(),
  name: z.string().trim().min(1).max(200).optional(),
  /** Maps one more number to the agent. */
  phoneNumber: phoneNumberField.optional(),
  /** Null takes the agent off the web. */
  webSlug: webSlugField.nullish(),
  /** Laid over the live version; a new version is written only if something changes. */
  definition: definitionPatch.optional(),
});

/**
 * Throws invalid with every reason why an agent like this cannot work, conflict for a taken slug or number, or when
 * another version has gone live since this one was checked.
 */
export const updateAgent = operation({
  name: 'agent.update',
  scope: 'developer',
  input,
  audit: ({ agentId, name, webSlug }, agent: AgentWithDefinition) => ({
    target: agentId,
    details: { name, webSlug, version: agent.version },
  }),
  prepare: async (ctx, { agentId, definition }): Promise<string | undefined> => {
    if (!definition) return undefined;
    const current = await withDefinition(ctx.db, await findAgent(ctx, agentId));
    const changed = mergeDefinition(current.definition, definition);
    if (changed) await requireWorking(changed, ctx);
    return current.liveVersionId;
  },
  run: async (ctx, { agentId, name, phoneNumber, webSlug, definition }, checkedOver) => {
    // The lock keeps two updates from reading the same live version and losing one change.
    const row = await findAgent(ctx, agentId, { lock: true });
    const current = await withDefinition(ctx.db, row);
    const changed = definition ? mergeDefinition(current.definition, definition) : null;
    if (changed && row.liveVersionId !== checkedOver)
      throw new DomainError(
        'conflict',
        'The agent was changed at this very moment. Read it again and repeat your change.',
      );
    const live = changed ? goLive((await addVersion(ctx, agentId, changed)).id) : {};
    const [updated] = await refuseDuplicate(
      ctx.db
        .update(agents)
        .set({
          ...(name === undefined ? {} : { name }),
          ...(webSlug === undefined ? {} : { webSlug }),
          liveVersionId: row.liveVersionId,
          ...live,
        })
        .where(eq(agents.id, agentId))
        .returning(),
      { agents_web_slug: slugTaken },
    );
    if (!updated) throw new Error('The update of a locked agent returned nothing.');
    if (phoneNumber !== undefined) await claimNumber(ctx, agentId, phoneNumber);
    return withDefinition(ctx.db, updated);
  },
});
