import { z } from 'zod';
import { credentials } from '../../db/schema/credentials.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Credential, credentialColumns, credentialName, sealSecret } from './credential.ts';
import { secret } from './secret.ts';

/** Keeps a secret under a name that agents can refer to. Throws conflict when the name is taken. */
export const createCredential = operation({
  name: 'credential.create',
  scope: 'admin',
  input: z.object({ name: credentialName, secret }),
  audit: ({ name, secret: { kind } }, created: Credential) => ({
    target: created.id,
    details: { name, kind },
  }),
  run: async (ctx, { name, secret: given }): Promise<Credential> => {
    const { actor, services } = ctx;
    const [row] = await ctx.db
      .insert(credentials)
      .values({
        workspaceId: ctx.workspaceId,
        createdBy: actor.kind === 'user' || actor.kind === 'api-key' ? actor.userId : null,
        name,
        kind: given.kind,
        sealed: sealSecret(services.sealer, given),
      })
      .onConflictDoNothing()
      .returning(credentialColumns);
    if (row) return row;
    throw new DomainError('conflict', `There is a credential "${name}" already.`, {
      fields: [{ path: 'name', message: 'taken' }],
    });
  },
});
