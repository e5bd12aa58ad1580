import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { memberships } from '../../db/schema/memberships.ts';
import { users } from '../../db/schema/users.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { isConfined } from '../key-scopes.ts';
import { operation } from '../operation.ts';
import { requireActive } from './active.ts';

export const memberRole = z.enum(['member', 'developer', 'admin']);

export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: z.output<typeof memberRole>;
  readonly joinedAt: Date;
}

export const listMembers = operation({
  name: 'member.list',
  scope: 'member',
  input: z.object({ workspaceId: z.string() }),
  reads: true,
  run: (ctx, { workspaceId }): Promise<Member[]> => {
    requireActive(ctx, workspaceId);
    return ctx.db
      .select({
        userId: users.id,
        email: users.email,
        name: users.name,
        role: memberships.role,
        joinedAt: memberships.createdAt,
      })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(eq(memberships.workspaceId, ctx.workspaceId))
      .orderBy(asc(memberships.createdAt), asc(users.id));
  },
});

const whom = z.object({ workspaceId: z.string(), userId: z.string() });

/** Throws not_found for somebody who is not a member, conflict for the last admin. */
export const removeMember = operation({
  name: 'member.remove',
  scope: 'admin',
  input: whom,
  audit: ({ userId }) => ({ target: userId }),
  run: async (ctx, { workspaceId, userId }): Promise<void> => {
    requireActive(ctx, workspaceId);
    const member = await lockedMember(ctx, userId);
    if (member.role === 'admin') await refuseLastAdmin(ctx);
    await ctx.db.delete(memberships).where(membershipOf(ctx, userId));
  },
});

/**
 * Throws not_found for somebody who is not a member, conflict when the workspace would be left without an admin,
 * forbidden for an API key with scopes.
 */
export const changeMemberRole = operation({
  name: 'member.change_role',
  scope: 'admin',
  input: whom.extend({ role: memberRole }),
  audit: ({ userId, role }) => ({ target: userId, details: { role } }),
  run: async (ctx, { workspaceId, userId, role }): Promise<void> => {
    refuseConfinedKey(ctx);
    requireActive(ctx, workspaceId);
    const member = await lockedMember(ctx, userId);
    if (member.role === 'admin' && role !== 'admin') await refuseLastAdmin(ctx);
    await ctx.db.update(memberships).set({ role }).where(membershipOf(ctx, userId));
  },
});

/** Scopes do not limit what a member may, so a key that is limited by them could make itself a member who may more. */
export function refuseConfinedKey({ actor }: Pick<WorkspaceContext, 'actor'>): void {
  if (isConfined(actor))
    throw new DomainError(
      'forbidden',
      'An API key with scopes gives nobody a role, because a member may more than the key. Use a key without scopes, or sign in.',
    );
}

const membershipOf = (ctx: WorkspaceContext, userId: string) =>
  and(eq(memberships.workspaceId, ctx.workspaceId), eq(memberships.userId, userId));

/** The membership, with the workspace locked: two admins who remove each other at once would leave none. */
async function lockedMember(ctx: WorkspaceContext, userId: string) {
  await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.id, ctx.workspaceId))
    .for('update');
  const [member] = z.uuid().safeParse(userId).success
    ? await ctx.db.select().from(memberships).where(membershipOf(ctx, userId))
    : [];
  if (!member) throw notFound('Member');
  return member;
}

async function refuseLastAdmin(ctx: WorkspaceContext): Promise<void> {
  const admins = await ctx.db
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.workspaceId, ctx.workspaceId), eq(memberships.role, 'admin')))
    .limit(2);
  if (admins.length < 2)
    throw new DomainError(
      'conflict',
      'This is the last admin of the workspace. Make somebody else an admin first.',
    );
}
