import { z } from 'zod';
import { accountCarriers } from '../carriers/account.ts';
import { readCarrierAccount } from '../carriers/accounts.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';

/** Gives a deleted number back to its carrier. Throws a CarrierFailure while that does not work. */
export const releaseNumber = operation({
  name: 'number.release',
  scope: 'system',
  input: z.object({
    workspaceId: z.uuid(),
    carrier: z.enum(accountCarriers),
    e164: z.string(),
    carrierNumberId: z.string(),
  }),
  reads: true,
  run: async (ctx, { workspaceId, carrier, e164, carrierNumberId }): Promise<void> => {
    const account = await readCarrierAccount(ctx, workspaceId, carrier);
    if (account === null)
      throw new DomainError(
        'conflict',
        `The account at ${carrier} is gone; the number has to be given up there.`,
      );
    await ctx.services.ports.carriers.open(account).release({ e164, carrierNumberId });
  },
});
