import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { carrierAccounts } from '../../db/schema/carrier-accounts.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { type AccountCarrier, accountCarriers, type CarrierAccount, carrierAccount } from './account.ts';

/** An account as people may see it: without what opens it. */
export type CarrierAccountInfo = Omit<typeof carrierAccounts.$inferSelect, 'sealed'>;

const columns = {
  id: carrierAccounts.id,
  workspaceId: carrierAccounts.workspaceId,
  carrier: carrierAccounts.carrier,
  createdAt: carrierAccounts.createdAt,
  updatedAt: carrierAccounts.updatedAt,
};

/** The accounts of the workspace, by carrier. */
export const listCarrierAccounts = operation({
  name: 'carrier_account.list',
  scope: 'developer',
  input: z.object({}),
  reads: true,
  run: (ctx): Promise<CarrierAccountInfo[]> =>
    ctx.db
      .select(columns)
      .from(carrierAccounts)
      .where(eq(carrierAccounts.workspaceId, ctx.workspaceId))
      .orderBy(asc(carrierAccounts.carrier)),
});

/**
 * Keeps the workspace's account at a carrier, in place of the one before. Numbers bought with that stay as they are.
 */
export const saveCarrierAccount = operation({
  name: 'carrier_account.save',
  scope: 'admin',
  input: z.object({ account: carrierAccount }),
  audit: ({ account: { carrier } }, saved: CarrierAccountInfo) => ({
    target: saved.id,
    details: { carrier },
  }),
  run: async (ctx, { account }): Promise<CarrierAccountInfo> => {
    const sealed = ctx.services.sealer.seal(JSON.stringify(account));
    const [row] = await ctx.db
      .insert(carrierAccounts)
      .values({ workspaceId: ctx.workspaceId, carrier: account.carrier, sealed })
      .onConflictDoUpdate({
        target: [carrierAccounts.workspaceId, carrierAccounts.carrier],
        set: { sealed, updatedAt: new Date() },
      })
      .returning(columns);
    if (!row) throw new Error('The insert of a carrier account returned nothing.');
    return row;
  },
});

/** Forgets an account. Throws conflict while the workspace has numbers that were bought with it. */
export const deleteCarrierAccount = operation({
  name: 'carrier_account.delete',
  scope: 'admin',
  input: z.object({ carrier: z.enum(accountCarriers) }),
  audit: ({ carrier }) => ({ target: carrier }),
  run: async (ctx, { carrier }): Promise<void> => {
    const bought = await ctx.db
      .select({ e164: phoneNumbers.e164 })
      .from(phoneNumbers)
      .where(and(eq(phoneNumbers.workspaceId, ctx.workspaceId), eq(phoneNumbers.carrier, carrier)))
      .limit(5);
    if (bought.length > 0)
      throw new DomainError(
        'conflict',
        `Numbers were bought with this account: ${bought.map(({ e164 }) => e164).join(', ')}. Delete them first.`,
      );
    const [gone] = await ctx.db
      .delete(carrierAccounts)
      .where(and(eq(carrierAccounts.workspaceId, ctx.workspaceId), eq(carrierAccounts.carrier, carrier)))
      .returning({ id: carrierAccounts.id });
    if (!gone) throw notFound('Carrier account');
  },
});

/** A workspace's account, opened. Null: it has none. */
export async function readCarrierAccount(
  { db, services }: Pick<OperationContext, 'db' | 'services'>,
  workspaceId: string,
  carrier: AccountCarrier,
): Promise<CarrierAccount | null> {
  const [row] = await db
    .select({ sealed: carrierAccounts.sealed })
    .from(carrierAccounts)
    .where(and(eq(carrierAccounts.workspaceId, workspaceId), eq(carrierAccounts.carrier, carrier)));
  return row ? carrierAccount.parse(JSON.parse(services.sealer.open(row.sealed))) : null;
}
