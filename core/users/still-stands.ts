import { and, eq, isNull } from 'drizzle-orm';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { users } from '../../db/schema/users.ts';
import type { Context } from '../context.ts';
import { roleIn } from './session.ts';

/**
 * Whether whoever came in at `since`, and is still here (a stream that stays open), would be let in now: the API key
 * was not revoked, the user's sign-ins were not ended, and they are of the workspace yet.
 */
export async function stillStands(
  { services: { db }, actor, workspaceId }: Pick<Context, 'services' | 'actor' | 'workspaceId'>,
  since: Date,
): Promise<boolean> {
  if (actor.kind === 'api-key') {
    const [key] = await db
      .select({ id: apiKeys.id })
      .from(apiKeys)
      .where(and(eq(apiKeys.id, actor.apiKeyId), isNull(apiKeys.revokedAt)));
    return key !== undefined;
  }
  if (actor.kind !== 'user') return true;
  const [user] = await db.select().from(users).where(eq(users.id, actor.userId));
  if (!user || (user.tokensValidAfter !== null && user.tokensValidAfter >= since)) return false;
  return workspaceId === null || (await roleIn(db, user, workspaceId)) !== null;
}
