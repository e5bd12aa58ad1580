import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';

/** An address to look for: one that is none is simply nobody's. */
export const anyEmail = z.string().trim().toLowerCase().min(1).max(320);

/** Whose address it is; `email` in lower case. */
export async function findByEmail(
  { db }: Pick<OperationContext, 'db'>,
  email: string,
): Promise<typeof users.$inferSelect | undefined> {
  const [user] = await db
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, email));
  return user;
}
