import { eq } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import { anonymousContext, type OperationContext, type Services } from '../context.ts';
import { operation } from '../operation.ts';
import type { IdentityClaims } from '../ports.ts';
import { accountOf } from './account-of.ts';
import type { Identity } from './identity.ts';
import { forgetKeys } from './known-keys.ts';
import { landingWorkspace } from './session.ts';

/** Every request comes through here, so it writes only when there is an account to open or to link. */
const enter = operation({
  name: 'user.enter_with_foreign_token',
  scope: 'public',
  input: z.object({ claims: z.custom<IdentityClaims>() }),
  reads: true,
  run: async (ctx, { claims }): Promise<Identity> => {
    const [known] = await ctx.db.select().from(users).where(eq(users.oidcSubject, claims.subject));
    const user = known ?? (await openOrLink(ctx, claims));
    return { actor: { kind: 'user', userId: user.id }, ...(await landingWorkspace(ctx.db, user)) };
  },
});

async function openOrLink(ctx: OperationContext, claims: IdentityClaims) {
  const { db } = ctx.services;
  const user = await db.transaction((tx) => accountOf({ ...ctx, db: tx }, 'oidcSubject', claims));
  forgetKeys(db);
  return user;
}

/**
 * Who an access token of the configured sign-in service stands for, in the workspace they were in last; the first time
 * opens an account. Undefined: the token is not that service's, by its own words. Throws unauthenticated for one that
 * only claims to be.
 */
export async function identifyByForeignToken(
  services: Services,
  token: string,
): Promise<Identity | undefined> {
  const { foreign } = services.ports;
  if (foreign === null || issuerOf(token) !== foreign.issuer) return undefined;
  return enter(anonymousContext(services), { claims: await foreign.verify(token) });
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
