import { listNumbersNow } from '../contacts/list-numbers.ts';
import { nowMs, type OperationContext } from '../context.ts';
import type { ToolSubject } from './subject.ts';
import { ToolError } from './tool.ts';

/**
 * Puts the person on the workspace's do-not-call list, which stops every campaign that has them at once. Saying it
 * twice changes nothing.
 */
export async function optOutPerson(
  ctx: Pick<OperationContext, 'db' | 'services'>,
  { workspaceId, personNumber, callId }: ToolSubject,
  reason: string,
): Promise<string> {
  if (personNumber === null)
    throw new ToolError('The number is not known. Ask the caller which number must not be called any more.');
  await listNumbersNow(ctx.db, {
    ...{ workspaceId, campaignId: null, phones: [personNumber], callId, note: reason },
    source: 'opt_out',
    ...{ addedBy: 'agent', atMs: nowMs(ctx) },
  });
  return 'Done: this number will not be called any more. Confirm it to the caller.';
}
