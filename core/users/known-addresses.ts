import { and, desc, eq, gt, isNotNull, max, sql } from 'drizzle-orm';
import { z } from 'zod';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { users } from '../../db/schema/users.ts';
import { emailField } from '../fields.ts';
import { operation } from '../operation.ts';

/** From which IP addresses somebody has signed in within the last thirty days; none for an unknown e-mail address. */
export const listKnownAddresses = operation({
  name: 'user.list_known_addresses',
  scope: 'public',
  input: z.object({ email: emailField }),
  reads: true,
  run: async (ctx, { email }): Promise<string[]> => {
    const rows = await ctx.db
      .select({ ip: refreshTokens.ip })
      .from(refreshTokens)
      .innerJoin(users, eq(users.id, refreshTokens.userId))
      .where(
        and(
          eq(sql`lower(${users.email})`, email),
          gt(refreshTokens.expiresAt, new Date()),
          isNotNull(refreshTokens.ip),
        ),
      )
      .groupBy(refreshTokens.ip)
      .orderBy(desc(max(refreshTokens.createdAt)))
      .limit(100);
    return rows.flatMap(({ ip }) => ip ?? []);
  },
});
