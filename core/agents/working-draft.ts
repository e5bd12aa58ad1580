import type { WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { findAgent } from './agent.ts';
import { agentDefinition } from './definition.ts';
import { requireWorking } from './validate.ts';
import { type DraftRow, findDraft } from './versions.ts';

/** The draft of an agent. Throws conflict without one, invalid with every reason why an agent like this cannot work. */
export async function checkDraft(
  ctx: Parameters<typeof requireWorking>[1] & WorkspaceContext,
  agentId: string,
): Promise<DraftRow> {
  await findAgent(ctx, agentId);
  const draft = await findDraft(ctx, agentId);
  if (!draft) throw noDraft();
  await requireWorking(agentDefinition.parse(draft.definition), ctx);
  return draft;
}

/** The draft that was checked, now that its agent is locked. Throws conflict when it is another one. */
export async function sameDraft(
  ctx: Pick<WorkspaceContext, 'db'>,
  agentId: string,
  checked: DraftRow,
): Promise<DraftRow> {
  const draft = await findDraft(ctx, agentId);
  if (!draft) throw noDraft();
  if (draft.updatedAt.getTime() !== checked.updatedAt.getTime())
    throw new DomainError('conflict', 'The draft was changed at this very moment. Look at it once more.');
  return draft;
}

const noDraft = () => new DomainError('conflict', 'There is no draft of this agent. Save one first.');
