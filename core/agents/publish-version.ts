import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type AgentWithDefinition, findAgent, withDefinition } from './agent.ts';
import { agentDefinition } from './definition.ts';
import { requireWorking } from './validate.ts';
import { addVersion, changeAgent, type DraftRow, findDraft, findVersionById, goLive } from './versions.ts';

const input = z.object({
  agentId: z.string(),
  /** What changed, for the list of versions. */
  note: z.string().trim().max(1_000).default(''),
  /** Publish although another version has gone live since the draft was begun: its changes are lost to callers. */
  overwrite: z.boolean().default(false),
});

/**
 * Makes the draft a version of its own, and the live one. Throws conflict without a draft or when the draft was begun
 * on another version than the live one, invalid with every reason why an agent like this cannot work.
 */
export const publishVersion = operation({
  name: 'agent.publish',
  scope: 'developer',
  input,
  audit: ({ agentId, note }, agent: AgentWithDefinition) => ({
    target: agentId,
    details: { version: agent.version, note },
  }),
  prepare: async (ctx, { agentId }) => {
    await findAgent(ctx, agentId);
    const draft = await findDraft(ctx, agentId);
    if (!draft) throw noDraft();
    await requireWorking(agentDefinition.parse(draft.definition), ctx);
    return draft;
  },
  run: async (ctx, { agentId, note, overwrite }, checked: DraftRow) => {
    const row = await findAgent(ctx, agentId, { lock: true });
    const draft = await findDraft(ctx, agentId);
    if (!draft) throw noDraft();
    if (draft.updatedAt.getTime() !== checked.updatedAt.getTime())
      throw new DomainError('conflict', 'The draft was changed at this very moment. Look at it once more.');
    const live = await findVersionById(ctx, row.liveVersionId);
    if (live.version !== draft.baseVersion && !overwrite)
      throw new DomainError(
        'conflict',
        `The draft was begun on version ${draft.baseVersion}, and version ${live.version} is live now. Publishing would undo it; send "overwrite" to do so.`,
      );
    const definition = agentDefinition.parse(draft.definition);
    const versionId = await addVersion(ctx, agentId, definition, note);
    await ctx.db.delete(agentDrafts).where(eq(agentDrafts.agentId, agentId));
    return withDefinition(ctx.db, await changeAgent(ctx, agentId, goLive(versionId)));
  },
});

const noDraft = () => new DomainError('conflict', 'There is no draft to publish. Save one first.');
