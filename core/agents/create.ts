import { z } from 'zod';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { newId } from '../../platform/ids.ts';
import { DomainError } from '../errors.ts';
import { phoneNumberField, webSlugField } from '../fields.ts';
import { operation } from '../operation.ts';
import { refuseDuplicate } from '../unique.ts';
import { type AgentWithDefinition, withDefinition } from './agent.ts';
import { claimNumber } from './claim-number.ts';
import { agentDefinition } from './definition.ts';
import { requireWorking } from './validate.ts';

const input = z.object({
  name: z.string().trim().min(1).max(200),
  /** A number of the workspace that no other agent has. */
  phoneNumber: phoneNumberField.optional(),
  /** Publishes the agent for web visitors under /talk/{slug}. */
  webSlug: webSlugField.nullish(),
  definition: agentDefinition,
});

export const slugTaken = (): DomainError =>
  new DomainError('conflict', 'Another agent has this web slug.', {
    fields: [{ path: 'webSlug', message: 'taken by another agent' }],
  });

/** Makes an agent with its first version. Throws conflict for a taken slug or number, invalid for an unknown number. */
export const createAgent = operation({
  name: 'agent.create',
  scope: 'developer',
  input,
  audit: ({ name }, agent: AgentWithDefinition) => ({ target: agent.id, details: { name } }),
  prepare: (ctx, { definition }) => requireWorking(definition, ctx),
  run: async (ctx, { name, phoneNumber, webSlug, definition }) => {
    const [agentId, versionId] = [newId(), newId()];
    const [row] = await refuseDuplicate(
      ctx.db
        .insert(agents)
        .values({
          id: agentId,
          workspaceId: ctx.workspaceId,
          name,
          webSlug: webSlug ?? null,
          liveVersionId: versionId,
        })
        .returning(),
      { agents_web_slug: slugTaken },
    );
    if (!row) throw new Error('The insert of an agent returned nothing.');
    await ctx.db.insert(agentVersions).values({
      id: versionId,
      agentId,
      version: 1,
      definition,
      createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
    });
    if (phoneNumber !== undefined) await claimNumber(ctx, agentId, phoneNumber);
    return withDefinition(ctx.db, row);
  },
});
