import { and, eq, isNull, lt } from 'drizzle-orm';
import { apiKeys } from '../../db/schema/api-keys.ts';
import type { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';

/**
 * Revokes the API keys that the account made before anybody had proved to read its address, in whatever workspace: for
 * whoever takes the account over from a stranger who had signed up with the address. Forget known keys when it is
 * committed.
 */
export async function revokeUnprovenKeys(
  { db }: Pick<OperationContext, 'db'>,
  { id, emailVerifiedAt }: Pick<typeof users.$inferSelect, 'id' | 'emailVerifiedAt'>,
): Promise<void> {
  await db
    .update(apiKeys)
    .set({ revokedAt: new Date() })
    .where(
      and(
        eq(apiKeys.createdBy, id),
        isNull(apiKeys.revokedAt),
        emailVerifiedAt === null ? undefined : lt(apiKeys.createdAt, emailVerifiedAt),
      ),
    );
}
