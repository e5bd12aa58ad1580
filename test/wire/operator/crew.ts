import { eq } from 'drizzle-orm';
import type { Context } from '../../../core/context.ts';
import { identifyByToken } from '../../../core/users/index.ts';
import { memberships } from '../../../db/schema/memberships.ts';
import { users } from '../../../db/schema/users.ts';
import type { TestApp } from '../../harness/app.ts';

export interface Caller {
  readonly headers: Readonly<Record<string, string>>;
  readonly userId: string;
  readonly email: string;
  readonly workspaceId: string;
  readonly refreshToken: string;
  /** The same person, for preparing things without the wire. */
  readonly ctx: Context;
}

let people = 0;
export const password = 'correct horse battery';

/** Signs up over the wire: admin of a workspace of their own. */
export async function signUp(app: TestApp, name = 'Ada'): Promise<Caller> {
  const email = `${name.toLowerCase()}-${++people}@harbor.test`;
  const answer = await app.call('POST', '/auth/signup', { body: { email, password, name } });
  if (answer.status !== 201) throw new Error(`signing up answered ${answer.status}`);
  return callerOf(app, answer.body);
}

// biome-ignore lint/suspicious/noExplicitAny: the body of an answer
async function callerOf(app: TestApp, session: any): Promise<Caller> {
  return {
    headers: { authorization: `Bearer ${session.access_token}` },
    userId: session.user.id,
    email: session.user.email,
    workspaceId: session.workspace_id,
    refreshToken: session.refresh_token,
    ctx: app.t.as(await identifyByToken(app.t.services, session.access_token)),
  };
}

/** Somebody with this role in the workspace, signed in there. */
export async function join(
  app: TestApp,
  workspaceId: string,
  role: 'member' | 'developer' | 'admin' | 'superuser',
): Promise<Caller> {
  const person = await signUp(app, role);
  if (role === 'superuser')
    await app.t.db.update(users).set({ isSuperuser: true }).where(eq(users.id, person.userId));
  else await app.t.db.insert(memberships).values({ workspaceId, userId: person.userId, role });
  const moved = await app.call('POST', '/workspaces/switch', {
    headers: person.headers,
    body: { workspace_id: workspaceId },
  });
  if (moved.status !== 200) throw new Error(`switching answered ${moved.status}`);
  return callerOf(app, { ...moved.body, refresh_token: person.refreshToken });
}
