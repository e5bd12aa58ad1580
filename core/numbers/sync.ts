import { asc, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';
import type { PhoneNumberRow } from './number.ts';

export type NumberForSync = Omit<PhoneNumberRow, 'authPasswordSealed'> & { readonly authPassword: string };

/** A number with its password opened, for setting up LiveKit. Null: deleted meanwhile. */
export const getNumberForSync = operation({
  name: 'number.get_for_sync',
  scope: 'system',
  input: z.object({ phoneNumberId: z.uuid() }),
  reads: true,
  run: async (ctx, { phoneNumberId }): Promise<NumberForSync | null> => {
    const [row] = await ctx.db.select().from(phoneNumbers).where(eq(phoneNumbers.id, phoneNumberId));
    if (!row) return null;
    const { authPasswordSealed, ...rest } = row;
    const authPassword = authPasswordSealed === null ? '' : ctx.services.sealer.open(authPasswordSealed);
    return { ...rest, authPassword };
  },
});

/** All numbers of the installation, without those that are not bought yet: what the heal at start goes through. */
export const listNumbersForSync = operation({
  name: 'number.list_for_sync',
  scope: 'system',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<string[]> => {
    const rows = await ctx.db
      .select({ id: phoneNumbers.id })
      .from(phoneNumbers)
      .where(or(isNull(phoneNumbers.orderState), eq(phoneNumbers.orderState, 'owned')))
      .orderBy(asc(phoneNumbers.createdAt), asc(phoneNumbers.id));
    return rows.map((row) => row.id);
  },
});

const liveKitIds = {
  inboundTrunkId: z.string().nullable(),
  outboundTrunkId: z.string().nullable(),
  dispatchRuleId: z.string().nullable(),
};

/**
 * Keeps what LiveKit knows a number by. A number that was changed since it was read (`asOf`, its `updatedAt`) stays
 * pending: the job of that change is on its way.
 * When the number was deleted while it was being set up, what has just been
 * made there is sent to be removed, so that nothing stays behind.
 */
export const recordSync = operation({
  name: 'number.record_sync',
  scope: 'system',
  input: z.object({
    phoneNumberId: z.uuid(),
    ...liveKitIds,
    error: words(2_000).nullable(),
    asOf: z.date().optional(),
  }),
  run: async (ctx, { phoneNumberId, error, asOf, ...ids }): Promise<void> => {
    const state = error === null ? 'synced' : 'failed';
    const [row] = await ctx.db
      .update(phoneNumbers)
      .set({
        ...ids,
        syncState: asOf
          ? sql`case when date_trunc('milliseconds', ${phoneNumbers.updatedAt}) <= ${asOf.toISOString()}::timestamptz then ${state} else 'pending' end`
          : state,
        syncError: error,
        // A sync is no change of the number: updatedAt keeps naming the last one.
        updatedAt: phoneNumbers.updatedAt,
        ...(error === null ? { syncedAt: new Date() } : {}),
      })
      .where(eq(phoneNumbers.id, phoneNumberId))
      .returning({ id: phoneNumbers.id });
    if (!row && Object.values(ids).some((id) => id !== null)) await ctx.emit('remove-number', ids);
  },
});
