import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { credentials } from '../../db/schema/credentials.ts';
import { isUuid } from '../../platform/ids.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Credential, credentialColumns, sealSecret } from './credential.ts';
import { secret } from './secret.ts';

/** Gives a credential another secret; agents that refer to it use it from their next call on. */
export const replaceCredential = operation({
  name: 'credential.replace',
  scope: 'admin',
  input: z.object({ credentialId: z.string(), secret }),
  audit: ({ credentialId, secret: { kind } }) => ({ target: credentialId, details: { kind } }),
  run: async (ctx, { credentialId, secret: given }): Promise<Credential> => {
    if (!isUuid(credentialId)) throw notFound('Credential');
    const [row] = await ctx.db
      .update(credentials)
      .set({ kind: given.kind, sealed: sealSecret(ctx.services.sealer, given) })
      .where(and(eq(credentials.id, credentialId), eq(credentials.workspaceId, ctx.workspaceId)))
      .returning(credentialColumns);
    if (!row) throw notFound('Credential');
    return row;
  },
});
