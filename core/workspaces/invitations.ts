import { and, desc, eq, gt, gte, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { emails } from '../../db/schema/emails.ts';
import { invitations } from '../../db/schema/invitations.ts';
import { memberships } from '../../db/schema/memberships.ts';
import { users } from '../../db/schema/users.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { randomToken, sha256 } from '../../platform/crypto.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { emailField } from '../fields.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { operation } from '../operation.ts';
import { signedInUser } from '../users/current-user.ts';
import { requireActive } from './active.ts';
import { memberRole, refuseConfinedKey } from './members.ts';

const ttlMs = 7 * 86_400_000;
const maxOpen = 200;

interface Joined {
  readonly workspaceId: string;
  readonly role: Invitation['role'];
}

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: z.output<typeof memberRole>;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

const shown = {
  id: invitations.id,
  email: invitations.email,
  role: invitations.role,
  expiresAt: invitations.expiresAt,
  createdAt: invitations.createdAt,
};

const openHere = (ctx: WorkspaceContext) =>
  and(eq(invitations.workspaceId, ctx.workspaceId), isNull(invitations.acceptedAt));

/**
 * Mails somebody a link into the workspace; an open invitation of the same address is replaced. Throws conflict for
 * somebody who is a member already, forbidden for an API key with scopes.
 */
export const inviteMember = operation({
  name: 'member.invite',
  scope: 'admin',
  input: z.object({ workspaceId: z.string(), email: emailField, role: memberRole.default('member') }),
  audit: ({ email, role }, { id }: Invitation) => ({ target: id, details: { email, role } }),
  run: async (ctx, { workspaceId, email, role }): Promise<Invitation> => {
    refuseConfinedKey(ctx);
    requireActive(ctx, workspaceId);
    await refuseMember(ctx, email);
    const [workspace] = await ctx.db.select().from(workspaces).where(eq(workspaces.id, ctx.workspaceId));
    if (!workspace) throw notFound('Workspace');
    await ctx.db.delete(invitations).where(and(openHere(ctx), eq(sql`lower(${invitations.email})`, email)));
    await refuseFlood(ctx);
    const token = randomToken();
    const invitedBy = ctx.actor.kind === 'user' ? ctx.actor.userId : null;
    const expiresAt = new Date(Date.now() + ttlMs);
    const [invitation] = await ctx.db
      .insert(invitations)
      .values({ workspaceId: ctx.workspaceId, email, role, tokenHash: sha256(token), invitedBy, expiresAt })
      .returning(shown);
    if (!invitation) throw new Error('The insert of an invitation returned nothing.');
    await queueEmail(ctx, {
      to: email,
      workspaceId: ctx.workspaceId,
      subject: `You are invited to ${workspace.name.replaceAll(/\s+/g, ' ')}`,
      text: [
        `You are invited to join the workspace “${workspace.name}” on Trunkline as ${role}.`,
        `Join within seven days:\n${ctx.services.publicUrl}/account/accept-invitation?token=${token}`,
        'If you did not expect this, do nothing.',
      ].join('\n\n'),
    });
    return invitation;
  },
});

/** Those that have not been accepted, expired ones too, newest first. */
export const listInvitations = operation({
  name: 'invitation.list',
  scope: 'admin',
  input: z.object({ workspaceId: z.string() }),
  reads: true,
  run: (ctx, { workspaceId }): Promise<Invitation[]> => {
    requireActive(ctx, workspaceId);
    return ctx.db
      .select(shown)
      .from(invitations)
      .where(openHere(ctx))
      .orderBy(desc(invitations.createdAt), desc(invitations.id));
  },
});

/** The link stops working. Throws not_found for one that was accepted. */
export const revokeInvitation = operation({
  name: 'invitation.revoke',
  scope: 'admin',
  input: z.object({ workspaceId: z.string(), invitationId: z.string() }),
  audit: ({ invitationId }) => ({ target: invitationId }),
  run: async (ctx, { workspaceId, invitationId }): Promise<void> => {
    requireActive(ctx, workspaceId);
    const [gone] = z.uuid().safeParse(invitationId).success
      ? await ctx.db
          .delete(invitations)
          .where(and(openHere(ctx), eq(invitations.id, invitationId)))
          .returning({ id: invitations.id })
      : [];
    if (!gone) throw notFound('Invitation');
  },
});

/**
 * Joins the workspace with the account one is signed in to: whoever holds the link may use it, since it went to the
 * invited address. Throws invalid, naming `token`, for a link that does not work any more.
 */
export const acceptInvitation = operation({
  name: 'invitation.accept',
  scope: 'session',
  input: z.object({ token: z.string().min(1).max(500) }),
  audit: (_input, { workspaceId, role }: Joined) => ({
    target: workspaceId,
    workspaceId,
    details: { role },
  }),
  run: async (ctx, { token }): Promise<Joined> => {
    const user = await signedInUser(ctx);
    const now = new Date();
    const [invitation] = await ctx.db
      .update(invitations)
      .set({ acceptedAt: now })
      .where(
        and(
          eq(invitations.tokenHash, sha256(token)),
          isNull(invitations.acceptedAt),
          gt(invitations.expiresAt, now),
        ),
      )
      .returning();
    if (!invitation)
      throw new DomainError('invalid', 'The invitation is not valid any more. Ask for a new one.', {
        fields: [{ path: 'token', message: 'used, expired or unknown' }],
      });
    const { workspaceId, role, email } = invitation;
    // A member keeps the role they have: an old invitation must not take rights away.
    await ctx.db.insert(memberships).values({ workspaceId, userId: user.id, role }).onConflictDoNothing();
    const isOwn = user.emailVerifiedAt === null && user.email.toLowerCase() === email.toLowerCase();
    if (isOwn && (await wasMailed(ctx, invitation)))
      await ctx.db.update(users).set({ emailVerifiedAt: now }).where(eq(users.id, user.id));
    return { workspaceId, role };
  },
});

/** A link that is held in the outbox was read by an admin of the workspace: it proves nothing about the address. */
async function wasMailed(
  ctx: Pick<WorkspaceContext, 'db'>,
  { workspaceId, email, createdAt }: typeof invitations.$inferSelect,
): Promise<boolean> {
  const sent = and(
    eq(emails.workspaceId, workspaceId),
    eq(emails.toAddress, email),
    eq(emails.status, 'sent'),
    gte(emails.createdAt, createdAt),
  );
  return (await ctx.db.$count(emails, sent)) > 0;
}

async function refuseMember(ctx: WorkspaceContext, email: string): Promise<void> {
  const [member] = await ctx.db
    .select({ id: users.id })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.workspaceId, ctx.workspaceId), eq(sql`lower(${users.email})`, email)));
  if (member)
    throw new DomainError('conflict', 'This person is a member of the workspace already.', {
      fields: [{ path: 'email', message: 'a member already' }],
    });
}

/** Each invitation is a mail to a stranger. */
async function refuseFlood(ctx: WorkspaceContext): Promise<void> {
  if ((await ctx.db.$count(invitations, openHere(ctx))) < maxOpen) return;
  throw new DomainError('limit_exceeded', `No more than ${maxOpen} invitations can be open at once.`);
}
