import { memberships } from '../../db/schema/memberships.ts';
import { users } from '../../db/schema/users.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { newId } from '../../platform/ids.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { refuseDuplicate } from '../unique.ts';

type NewUser = Pick<
  typeof users.$inferInsert,
  'email' | 'passwordHash' | 'googleSubject' | 'emailVerifiedAt'
> & {
  readonly name: string;
  /** Left out: named after the person. */
  readonly workspaceName?: string;
};

/** A user, a workspace and the user as its admin. Throws conflict for an e-mail address in use. */
export async function openAccount(
  { db }: Pick<OperationContext, 'db'>,
  { workspaceName, ...person }: NewUser,
): Promise<typeof users.$inferSelect> {
  const workspaceId = newId();
  const fallbackName = `${person.name || person.email.split('@')[0]}'s workspace`;
  await db.insert(workspaces).values({ id: workspaceId, name: workspaceName || fallbackName });
  const [user] = await refuseDuplicate(
    db
      .insert(users)
      .values({ ...person, activeWorkspaceId: workspaceId })
      .returning(),
    {
      users_email: () =>
        new DomainError('conflict', 'There is an account with this e-mail address.', {
          fields: [{ path: 'email', message: 'in use' }],
        }),
    },
  );
  if (!user) throw new Error('The insert of a user returned nothing.');
  await db.insert(memberships).values({ workspaceId, userId: user.id, role: 'admin' });
  return user;
}
