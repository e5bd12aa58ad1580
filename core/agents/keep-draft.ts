import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import { agentDefinition } from './definition.ts';
import { percentOf, type VersionListItem } from './list-versions.ts';
import { addVersion, type DraftRow, trialOf } from './versions.ts';
import { checkDraft, sameDraft } from './working-draft.ts';

/**
 * Keeps the draft of an agent as a version that no calls run unless they ask for it, so that it can be tried in chats
 * and announced calls. The draft stays; kept again without a change it is the same version. Throws as publishing does.
 */
export const keepDraft = operation({
  name: 'agent.keep_draft',
  scope: 'developer',
  input: z.object({ agentId: z.string() }),
  audit: ({ agentId }, { version }: VersionListItem) => ({ target: agentId, details: { version } }),
  prepare: (ctx, { agentId }) => checkDraft(ctx, agentId),
  run: async (ctx, { agentId }, checked: DraftRow): Promise<VersionListItem> => {
    const agent = await findAgent(ctx, agentId, { lock: true });
    const draft = await sameDraft(ctx, agentId, checked);
    const definition = agentDefinition.parse(draft.definition);
    const kept =
      (await trialOf(ctx, agentId, definition)) ??
      (await addVersion(ctx, agentId, definition, { note: 'Draft, to be tried', isTrial: true }));
    return { ...kept, percent: percentOf(agent, kept.id) };
  },
});
