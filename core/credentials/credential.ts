import { z } from 'zod';
import { credentials } from '../../db/schema/credentials.ts';
import type { Sealer } from '../../platform/crypto.ts';
import { type Secret, secret } from './secret.ts';

/** A credential as people may see it: without its secret. */
export type Credential = Omit<typeof credentials.$inferSelect, 'sealed'>;

export const credentialColumns = {
  id: credentials.id,
  workspaceId: credentials.workspaceId,
  createdBy: credentials.createdBy,
  name: credentials.name,
  kind: credentials.kind,
  createdAt: credentials.createdAt,
  updatedAt: credentials.updatedAt,
};

/** Agents refer to it by this name. */
export const credentialName = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}$/, 'letters, digits, spaces, _ . and -, at most 100');

export const sealSecret = (sealer: Sealer, given: Secret): string => sealer.seal(JSON.stringify(given));
export const openSecret = (sealer: Sealer, sealed: string): Secret =>
  secret.parse(JSON.parse(sealer.open(sealed)));
