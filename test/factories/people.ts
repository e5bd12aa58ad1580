import { createApiKey } from '../../core/api-keys/index.ts';
import type { Context } from '../../core/context.ts';
import { identifyByApiKey, identifyByToken, type Session, signUp } from '../../core/users/index.ts';
import type { TestContext } from '../harness/context.ts';

let people = 0;

export interface Person {
  readonly ctx: Context;
  readonly session: Session;
  readonly workspaceId: string;
  readonly userId: string;
  readonly email: string;
  readonly password: string;
}

/** Somebody who has just signed up: admin of a workspace of their own. */
export async function newPerson(t: TestContext, name = 'Ada'): Promise<Person> {
  const [email, password] = [`${name.toLowerCase()}${++people}@harbor.test`, 'correct horse battery'];
  const session = await signUp(t.anonymous, { email, password, name });
  const ctx = t.as(await identifyByToken(t.services, session.accessToken));
  if (ctx.workspaceId === null) throw new Error('Signing up makes a workspace.');
  return { ctx, session, workspaceId: ctx.workspaceId, userId: session.user.id, email, password };
}

/** A context with another role in the same workspace, by way of an API key. */
export async function withRole(
  t: TestContext,
  admin: Context,
  role: 'member' | 'developer' | 'admin',
): Promise<Context> {
  const { key } = await createApiKey(admin, { name: role, role });
  return t.as(await identifyByApiKey(t.services, key));
}
