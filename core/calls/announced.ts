import { and, eq, gt } from 'drizzle-orm';
import { announcedCalls } from '../../db/schema/announced-calls.ts';
import type { OperationContext } from '../context.ts';
import { isAnnouncedNumber } from './announced-number.ts';

export type AnnouncedCall = typeof announcedCalls.$inferSelect;

/**
 * What was announced for a caller of a number; undefined: nothing, or too long ago. It is gone afterwards, so that
 * nobody makes the call a second time.
 */
export async function takeAnnounced(
  ctx: Pick<OperationContext, 'db'>,
  phoneNumberId: string,
  caller: string | null,
): Promise<AnnouncedCall | undefined> {
  if (caller === null || !isAnnouncedNumber(caller)) return undefined;
  const [announced] = await ctx.db
    .delete(announcedCalls)
    .where(
      and(
        eq(announcedCalls.phoneNumberId, phoneNumberId),
        // Some switches take the plus away.
        eq(announcedCalls.dialAs, caller.startsWith('+') ? caller : `+${caller}`),
        gt(announcedCalls.expiresAt, new Date()),
      ),
    )
    .returning();
  return announced;
}
