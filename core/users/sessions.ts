import { and, desc, eq, gt, isNull, max, min, sql } from 'drizzle-orm';
import { z } from 'zod';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { signedInUser } from './current-user.ts';
import { revokeFamily } from './refresh-session.ts';

/** One sign-in, on one device. */
export interface SignIn {
  readonly id: string;
  readonly userAgent: string;
  readonly ip: string | null;
  readonly signedInAt: Date;
  readonly lastUsedAt: Date;
}

/** The sign-ins of the caller that could still be refreshed, newest use first. */
export const listSessions = operation({
  name: 'session.list',
  scope: 'session',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<SignIn[]> => {
    const user = await signedInUser(ctx);
    const alive = sql`bool_or(${refreshTokens.usedAt} is null and ${refreshTokens.revokedAt} is null and ${refreshTokens.expiresAt} > now())`;
    const latest = <T>(column: T) =>
      sql<string>`(array_agg(${column} order by ${refreshTokens.createdAt} desc))[1]`;
    const rows = await ctx.db
      .select({
        id: refreshTokens.familyId,
        userAgent: latest(refreshTokens.userAgent),
        ip: latest(refreshTokens.ip),
        signedInAt: min(refreshTokens.createdAt),
        lastUsedAt: max(refreshTokens.createdAt),
      })
      .from(refreshTokens)
      .where(eq(refreshTokens.userId, user.id))
      .groupBy(refreshTokens.familyId)
      .having(alive)
      .orderBy(desc(max(refreshTokens.createdAt)))
      .limit(200);
    return rows.map(({ signedInAt, lastUsedAt, ...row }) => ({
      ...row,
      signedInAt: signedInAt ?? new Date(0),
      lastUsedAt: lastUsedAt ?? new Date(0),
    }));
  },
});

/** Ends one sign-in: it cannot be refreshed any more. Throws not_found for somebody else's. */
export const endSession = operation({
  name: 'session.end',
  scope: 'session',
  input: z.object({ sessionId: z.string() }),
  audit: ({ sessionId }) => ({ target: sessionId }),
  run: async (ctx, { sessionId }): Promise<void> => {
    const user = await signedInUser(ctx);
    const [mine] = await ctx.db
      .select({ familyId: refreshTokens.familyId })
      .from(refreshTokens)
      .where(
        and(
          eq(sql`${refreshTokens.familyId}::text`, sessionId.toLowerCase()),
          eq(refreshTokens.userId, user.id),
          isNull(refreshTokens.revokedAt),
          gt(refreshTokens.expiresAt, new Date()),
        ),
      )
      .limit(1);
    if (!mine) throw notFound('Session');
    await revokeFamily(ctx.db, mine.familyId);
  },
});

/** Signs the caller out everywhere, at once: access tokens that are still in date stop working too. */
export const logOutEverywhere = operation({
  name: 'user.log_out_everywhere',
  scope: 'session',
  input: z.object({}),
  audit: (_input, userId: string) => ({ target: userId }),
  run: async (ctx): Promise<string> => {
    const user = await signedInUser(ctx);
    await endAllSessions(ctx, user.id);
    return user.id;
  },
});

export async function endAllSessions({ db }: Pick<OperationContext, 'db'>, userId: string): Promise<void> {
  // Sign-ins that are going on hold the row: what they make is there when everything is ended.
  await db.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
  const now = new Date();
  await db
    .update(refreshTokens)
    .set({ revokedAt: now })
    .where(and(eq(refreshTokens.userId, userId), isNull(refreshTokens.revokedAt)));
  await db.update(users).set({ tokensValidAfter: now }).where(eq(users.id, userId));
}
