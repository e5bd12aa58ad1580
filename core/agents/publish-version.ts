import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type AgentWithDefinition, findAgent, withDefinition } from './agent.ts';
import { agentDefinition } from './definition.ts';
import {
  addVersion,
  changeAgent,
  type DraftRow,
  endTrial,
  findVersionById,
  goLive,
  trialOf,
} from './versions.ts';
import { checkDraft, sameDraft } from './working-draft.ts';

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
  prepare: (ctx, { agentId }) => checkDraft(ctx, agentId),
  run: async (ctx, { agentId, note, overwrite }, checked: DraftRow) => {
    const row = await findAgent(ctx, agentId, { lock: true });
    const draft = await sameDraft(ctx, agentId, checked);
    const live = await findVersionById(ctx, row.liveVersionId);
    if (live.version !== draft.baseVersion && !overwrite)
      throw new DomainError(
        'conflict',
        `The draft was begun on version ${draft.baseVersion}, and version ${live.version} is live now. Publishing would undo it; send "overwrite" to do so.`,
      );
    const definition = agentDefinition.parse(draft.definition);
    const tried = await trialOf(ctx, agentId, definition);
    if (tried) await endTrial(ctx, tried.id, note === '' ? {} : { note });
    const { id: versionId } = tried ?? (await addVersion(ctx, agentId, definition, { note }));
    await ctx.db.delete(agentDrafts).where(eq(agentDrafts.agentId, agentId));
    return withDefinition(ctx.db, await changeAgent(ctx, agentId, goLive(versionId)));
  },
});
