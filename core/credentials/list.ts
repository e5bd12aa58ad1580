import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { credentials } from '../../db/schema/credentials.ts';
import { operation } from '../operation.ts';
import { credentialColumns } from './credential.ts';

/** The credentials of the workspace by name, without their secrets. */
export const listCredentials = operation({
  name: 'credential.list',
  scope: 'developer',
  input: z.object({}),
  reads: true,
  run: async (ctx) =>
    ctx.db
      .select(credentialColumns)
      .from(credentials)
      .where(eq(credentials.workspaceId, ctx.workspaceId))
      .orderBy(asc(credentials.name)),
});
