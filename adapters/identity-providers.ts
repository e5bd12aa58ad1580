import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { DomainError } from '../core/errors.ts';
import type { IdentityProvider } from '../core/ports.ts';
import type { Env } from '../platform/settings.ts';

const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().trim().toLowerCase().pipe(z.email().max(320)),
  // Some issuers write it as text; Supabase puts it, like the name, among the user's own data.
  email_verified: truth.optional(),
  name: z.string().max(500).optional(),
  user_metadata: z
    .object({ email_verified: truth.optional(), full_name: z.string().max(500).optional() })
    .optional(),
});

interface Issuer {
  readonly name: string;
  readonly issuer: string | string[];
  readonly audience: string | undefined;
  readonly key: JWTVerifyGetKey | Uint8Array;
  readonly algorithms: string[];
}

function provider({ name, key, ...expected }: Issuer): IdentityProvider {
  const options = { ...expected, requiredClaims: ['exp'], clockTolerance: 30 };
  // jose has an overload for a key and one for a way to get it.
  const verify = (token: string) =>
    typeof key === 'function'
      ? jwtVerify(token, key, trimmed(options))
      : jwtVerify(token, key, trimmed(options));
  return {
    verify: async (idToken) => {
      try {
        const { payload } = await verify(idToken);
        const person = claims.parse(payload);
        const own = person.user_metadata;
        return {
          subject: person.sub,
          email: person.email,
          emailVerified: person.email_verified ?? own?.email_verified ?? false,
          name: person.name ?? own?.full_name ?? '',
        };
      } catch (error) {
        if (isOutage(error))
          throw new DomainError('unavailable', `The keys of ${name} cannot be fetched. Try again later.`, {
            cause: error,
          });
        throw new DomainError('unauthenticated', `This is not a valid token of ${name} for this site.`, {
          cause: error,
        });
      }
    },
  };
}

function trimmed<T extends { audience: string | undefined }>({ audience, ...rest }: T) {
  return audience === undefined ? rest : { ...rest, audience };
}

const remoteKeys = (url: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(url), { timeoutDuration: 5_000 });
const signatures = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/**
 * Google's ID tokens, verified against its published keys.
 * Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
export function googleIdentity(
  env: Pick<Env, 'GOOGLE_CLIENT_ID' | 'GOOGLE_JWKS_URL' | 'GOOGLE_ISSUER'>,
): IdentityProvider | null {
  if (!env.GOOGLE_CLIENT_ID) return null;
  return provider({
    name: 'Google',
    // Google signs with and without the scheme.
    issuer: [env.GOOGLE_ISSUER, env.GOOGLE_ISSUER.replace(/^https?:\/\//, '')],
    audience: env.GOOGLE_CLIENT_ID,
    key: remoteKeys(env.GOOGLE_JWKS_URL),
    algorithms: signatures,
  });
}

/**
 * Access tokens of another sign-in service (OIDC, Supabase): by its published keys, or by a secret that it shares.
 * Source: https://supabase.com/docs/guides/auth/jwts
 */
export function foreignIdentity(
  env: Pick<Env, 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_JWKS_URL' | 'OIDC_SECRET'>,
): (IdentityProvider & { readonly issuer: string }) | null {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL, OIDC_SECRET } = env;
  if (!issuer) return null;
  const name = 'the sign-in service';
  const key = OIDC_SECRET
    ? new TextEncoder().encode(OIDC_SECRET)
    : remoteKeys(OIDC_JWKS_URL ?? `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`);
  const algorithms = OIDC_SECRET ? ['HS256'] : signatures;
  return { issuer, ...provider({ name, issuer, audience, key, algorithms }) };
}

/** The token may be good; it is the keys that cannot be had. */
const isOutage = (error: unknown): boolean =>
  error instanceof Error &&
  ('code' in error && typeof error.code === 'string'
    ? ['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ECONNREFUSED'].includes(error.code)
    : error instanceof TypeError);
