import { eq } from 'drizzle-orm';
import { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';

/** The person behind the call: signed in, or the maker of the API key. Throws forbidden when there is none. */
export async function currentUser(ctx: OperationContext): Promise<typeof users.$inferSelect> {
  const userId = ctx.actor.kind === 'user' || ctx.actor.kind === 'api-key' ? ctx.actor.userId : null;
  if (userId !== null) {
    const [user] = await ctx.db.select().from(users).where(eq(users.id, userId));
    if (user) return user;
  }
  throw new DomainError('forbidden', 'This needs a signed-in user.');
}

/** The same, but signed in as themselves: what an API key must not do for the person who made it. */
export async function signedInUser(ctx: OperationContext): Promise<typeof users.$inferSelect> {
  if (ctx.actor.kind !== 'user')
    throw new DomainError('forbidden', 'This is for a person who is signed in, not for an API key.');
  return currentUser(ctx);
}
