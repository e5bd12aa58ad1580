import { eq } from 'drizzle-orm';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { PhoneNumberRow } from './number.ts';

type Change = Partial<Omit<PhoneNumberRow, 'id' | 'workspaceId' | 'createdAt' | 'updatedAt'>>;

/** Changes a number and has jobs/ bring LiveKit in step with it. */
export async function touchNumber(
  ctx: OperationContext,
  phoneNumberId: string,
  change: Change,
): Promise<PhoneNumberRow> {
  const [row] = await ctx.db
    .update(phoneNumbers)
    .set({ ...change, syncState: 'pending', syncError: null })
    .where(eq(phoneNumbers.id, phoneNumberId))
    .returning();
  if (!row) throw notFound('Phone number');
  await emitSync(ctx, row);
  return row;
}

/** The key carries the moment of the change: a sync that already runs does not swallow the next one. */
export async function emitSync(ctx: OperationContext, row: PhoneNumberRow): Promise<void> {
  await ctx.emit(
    'sync-number',
    { phoneNumberId: row.id },
    { key: `sync-number-${row.id}-${row.updatedAt.getTime()}` },
  );
}
