import { z } from 'zod';
import { emailField } from '../../../../core/fields.ts';
import { listEmails } from '../../../../core/mail/index.ts';
import {
  acceptInvitation,
  changeMemberRole,
  deleteWorkspace,
  inviteMember,
  listAudit,
  listInvitations,
  listMembers,
  removeMember,
  revokeInvitation,
} from '../../../../core/workspaces/index.ts';
import { idParams, wholeParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentAuditEntry, presentEmail, presentInvitation, presentMember } from '../presenters/account.ts';
import { auditEntryOut, emailOut, invitationOut, memberOut } from '../schemas/account.ts';
import { subjectLimit } from './auth.ts';

/** A mail to somebody who may not want it; to take the invitation back makes no room for another one. */
const inviteLimit = { ...subjectLimit, name: 'invite-mail', points: 5, durationMs: 900_000 };

const role = z.enum(['member', 'developer', 'admin']);
const memberParams = idParams.extend({ user_id: z.uuid() });

const members = route({
  method: 'get',
  path: '/workspaces/{id}/members',
  operationId: 'listMembers',
  summary: 'Who belongs to the workspace, with which role',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: z.array(memberOut),
  handle: async ({ ctx, params }) => (await listMembers(ctx, { workspaceId: params.id })).map(presentMember),
});

const changeRole = route({
  method: 'patch',
  path: '/workspaces/{id}/members/{user_id}',
  operationId: 'changeMemberRole',
  summary: 'Change the role of a member; there is always an admin left',
  description: 'Not with an API key that has scopes (403).',
  auth: 'admin',
  keyScope: 'workspace:write',
  status: 204,
  errors: [409],
  params: memberParams,
  body: z.object({ role }).meta({ id: 'MemberUpdate' }),
  handle: async ({ ctx, params, body }) => {
    await changeMemberRole(ctx, { workspaceId: params.id, userId: params.user_id, role: body.role });
    return undefined;
  },
});

const remove = route({
  method: 'delete',
  path: '/workspaces/{id}/members/{user_id}',
  operationId: 'removeMember',
  summary: 'Take a member out of the workspace; the last admin stays',
  auth: 'admin',
  status: 204,
  errors: [409],
  params: memberParams,
  handle: async ({ ctx, params }) => {
    await removeMember(ctx, { workspaceId: params.id, userId: params.user_id });
    return undefined;
  },
});

const invite = route({
  method: 'post',
  path: '/workspaces/{id}/invite',
  operationId: 'inviteMember',
  summary: 'Mail somebody a link into the workspace, good for seven days',
  description: 'Not with an API key that has scopes (403).',
  auth: 'admin',
  keyScope: 'workspace:write',
  status: 201,
  errors: [409],
  limit: { name: 'invite', points: 200, durationMs: 3_600_000 },
  subjectLimit: inviteLimit,
  params: idParams,
  body: z
    .object({
      email: emailField.meta({ type: 'string', format: 'email' }),
      role: role.default('member'),
    })
    .meta({ id: 'Invite' }),
  returns: invitationOut,
  handle: async ({ ctx, params, body }) =>
    presentInvitation(await inviteMember(ctx, { workspaceId: params.id, ...body })),
});

const invitations = route({
  method: 'get',
  path: '/workspaces/{id}/invitations',
  operationId: 'listInvitations',
  summary: 'Invitations that nobody has accepted yet',
  auth: 'admin',
  status: 200,
  params: idParams,
  returns: z.array(invitationOut),
  handle: async ({ ctx, params }) =>
    (await listInvitations(ctx, { workspaceId: params.id })).map(presentInvitation),
});

const revoke = route({
  method: 'delete',
  path: '/workspaces/{id}/invitations/{invitation_id}',
  operationId: 'revokeInvitation',
  summary: 'Take an invitation back',
  auth: 'admin',
  status: 204,
  params: idParams.extend({ invitation_id: z.uuid() }),
  handle: async ({ ctx, params }) => {
    await revokeInvitation(ctx, { workspaceId: params.id, invitationId: params.invitation_id });
    return undefined;
  },
});

const accept = route({
  method: 'post',
  path: '/workspaces/accept-invitation',
  operationId: 'acceptInvitation',
  summary: 'Join a workspace with the token from the mail',
  auth: 'session',
  status: 200,
  errors: [403],
  body: z.object({ token: z.string().min(1).max(500) }).meta({ id: 'InvitationAccept' }),
  returns: z.object({ workspace_id: z.uuid(), role }).meta({ id: 'Joined' }),
  handle: async ({ ctx, body }) => {
    const joined = await acceptInvitation(ctx, body);
    return { workspace_id: joined.workspaceId, role: joined.role };
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/workspaces/{id}',
  operationId: 'deleteWorkspace',
  summary: 'Delete the active workspace with all that is in it',
  description:
    'Agents, calls, recordings, files, contacts, campaigns, numbers, keys and memberships go; the audit log and the ledger of decisions to dial stay as evidence. `confirm` guards a person: when it is sent it must be the name.',
  auth: 'admin',
  status: 204,
  errors: [409],
  params: idParams,
  query: z.object({ confirm: z.string().max(200).optional() }),
  handle: async ({ ctx, params, query }) => {
    await deleteWorkspace(ctx, { workspaceId: params.id, confirm: query.confirm });
    return undefined;
  },
});

const limit = z.coerce.number().int().min(1).max(500).default(100);

const audit = route({
  method: 'get',
  path: '/workspaces/{id}/audit',
  operationId: 'listAudit',
  summary: 'What was changed, by whom, through which surface; newest first',
  auth: 'admin',
  status: 200,
  params: idParams,
  query: z.object({
    limit,
    before: wholeParam({ min: 1, max: 10 ** 15 - 1 })
      .optional()
      .meta({ description: 'Id of an entry: those written before it, which have lower ids.' }),
  }),
  returns: z.array(auditEntryOut),
  handle: async ({ ctx, params, query }) =>
    (await listAudit(ctx, { workspaceId: params.id, ...query })).map(presentAuditEntry),
});

const emails = route({
  method: 'get',
  path: '/emails',
  operationId: 'listEmails',
  summary: 'Mail that went out, or waits for somebody to hand it over',
  auth: 'admin',
  status: 200,
  query: z.object({ limit }),
  returns: z.array(emailOut),
  handle: async ({ ctx, query }) => (await listEmails(ctx, query)).map(presentEmail),
});

export const memberRoutes = [
  members,
  changeRole,
  remove,
  invite,
  invitations,
  revoke,
  accept,
  deleteRoute,
  audit,
  emails,
];
