import { and, asc, eq, isNotNull } from 'drizzle-orm';
import { phoneNumbers } from '../../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../../context.ts';
import { trunkKey } from '../../numbers/trunk-key.ts';
import type { Call } from '../call.ts';
import { sipUri } from './targets.ts';

export interface TransferRoute {
  /** Null: the target is a SIP address, which needs no trunk. */
  readonly outboundTrunkId: string | null;
  /** What the person who is called sees; '' without a number of ours. */
  readonly fromNumber: string;
  /** Whose lines and calls per second it uses (core/numbers/trunk-key.ts). */
  readonly trunk: string | null;
}

/**
 * Over which of the workspace's numbers a target is called: that of the call; a visitor of a page has none, so there it
 * is one of the agent's; else the oldest one that can dial.
 */
export async function trunkFor(
  ctx: OperationContext,
  call: Pick<Call, 'workspaceId' | 'phoneNumberId' | 'agentId'>,
  to: string,
): Promise<TransferRoute | null> {
  const usable = and(eq(phoneNumbers.workspaceId, call.workspaceId), isNotNull(phoneNumbers.outboundTrunkId));
  const rows = await ctx.db
    .select({
      ...{ id: phoneNumbers.id, e164: phoneNumbers.e164, trunk: phoneNumbers.outboundTrunkId },
      agentId: phoneNumbers.agentId,
      ...{ sipAddress: phoneNumbers.sipAddress, authUsername: phoneNumbers.authUsername },
    })
    .from(phoneNumbers)
    .where(usable)
    .orderBy(asc(phoneNumbers.createdAt), asc(phoneNumbers.id));
  const number =
    rows.find(({ id }) => id === call.phoneNumberId) ??
    rows.find(({ agentId }) => agentId === call.agentId) ??
    rows[0];
  if (sipUri(to)) return { outboundTrunkId: null, fromNumber: number?.e164 ?? '', trunk: null };
  if (!number) return null;
  return { outboundTrunkId: number.trunk, fromNumber: number.e164, trunk: trunkKey(number) };
}
