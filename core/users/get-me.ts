import { z } from 'zod';
import type { Role } from '../context.ts';
import { operation } from '../operation.ts';
import { currentUser } from './current-user.ts';
import { type User, withoutPasswordHash } from './session.ts';

export interface Me {
  readonly user: User;
  readonly workspaceId: string | null;
  readonly role: Role | null;
}

export const getMe = operation({
  name: 'user.get_me',
  scope: 'session',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<Me> => ({
    user: withoutPasswordHash(await currentUser(ctx)),
    workspaceId: ctx.workspaceId,
    role: ctx.role,
  }),
});
