import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { refuseWhileUsed } from '../campaigns/used-by.ts';
import { DomainError } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { lockNumber } from './number.ts';

/**
 * Takes a number out of the workspace, and its trunks and dispatch rule out of LiveKit. Its calls stay.
 * Throws conflict while a campaign calls from it.
 */
export const deleteSip = operation({
  name: 'number.delete_sip',
  scope: 'developer',
  input: z.object({ phoneNumber: phoneNumberField }),
  audit: ({ phoneNumber }) => ({ target: phoneNumber }),
  run: async (ctx, { phoneNumber }): Promise<void> => {
    const { id, inboundTrunkId, outboundTrunkId, dispatchRuleId, ...number } = await lockNumber(
      ctx,
      phoneNumber,
    );
    const { carrier, carrierNumberId, orderState, e164, workspaceId } = number;
    if (orderState === 'ordering')
      throw new DomainError('conflict', `The number ${e164} is being bought at this moment.`);
    await refuseWhileUsed(ctx, { phoneNumberId: id });
    await ctx.db.delete(phoneNumbers).where(eq(phoneNumbers.id, id));
    await ctx.emit(
      'remove-number',
      { inboundTrunkId, outboundTrunkId, dispatchRuleId },
      { key: `remove-number-${id}` },
    );
    if (carrier !== null && carrier !== 'local' && carrierNumberId !== null)
      await ctx.emit(
        'release-number',
        { workspaceId, carrier, e164, carrierNumberId },
        { key: `release-number-${id}` },
      );
  },
});
