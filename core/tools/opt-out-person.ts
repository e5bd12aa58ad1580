import { listNumbersNow } from '../contacts/list-numbers.ts';
import { nowMs, type OperationContext } from '../context.ts';
import type { ToolSubject } from './subject.ts';
import { ToolError } from './tool.ts';

/**
 * Puts the person on the workspace's do-not-call list, which stops every campaign that has them at once. Saying it
 * twice changes nothing. Whoever's number is known opts out themselves and nobody else.
 */
export async function optOutPerson(
  ctx: Pick<OperationContext, 'db' | 'services'>,
  { workspaceId, personNumber, callId }: ToolSubject,
  { reason, phone_number }: { readonly reason: string; readonly phone_number?: string | undefined },
): Promise<string> {
  const phone = personNumber ?? phone_number;
  if (phone === undefined)
    throw new ToolError('The number is not known. Ask the caller which number must not be called any more.');
  await listNumbersNow(ctx.db, {
    ...{ workspaceId, campaignId: null, phones: [phone], callId, note: reason },
    source: 'opt_out',
    ...{ addedBy: 'agent', atMs: nowMs(ctx) },
  });
  return 'Done: this number will not be called any more. Confirm it to the caller.';
}
