import type { z } from 'zod';
import type { ApiKey } from '../../../../core/api-keys/index.ts';
import { keyScopes } from '../../../../core/key-scopes.ts';
import type { OutgoingEmail } from '../../../../core/mail/index.ts';
import type { AccessSession, Me, Session, SignIn, User } from '../../../../core/users/index.ts';
import type { AuditEntry, Invitation, Member, WorkspaceWithRole } from '../../../../core/workspaces/index.ts';
import type {
  accessOut,
  apiKeyOut,
  auditEntryOut,
  emailOut,
  invitationOut,
  memberOut,
  meOut,
  sessionOut,
  signInOut,
  workspaceOut,
} from '../schemas/account.ts';

const presentUser = (user: User) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  email_verified: user.emailVerifiedAt !== null,
  is_superuser: user.isSuperuser,
  created_at: user.createdAt.toISOString(),
});

export const presentMe = ({ user, workspaceId, role }: Me): z.input<typeof meOut> => ({
  user: presentUser(user),
  workspace_id: workspaceId,
  role,
});

export const presentAccess = (session: AccessSession): z.input<typeof accessOut> => ({
  ...presentMe(session),
  access_token: session.accessToken,
  token_type: 'bearer',
  expires_in: Math.floor(session.accessTtlMs / 1_000),
});

export const presentSession = (session: Session): z.input<typeof sessionOut> => ({
  ...presentAccess(session),
  refresh_token: session.refreshToken,
  refresh_expires_in: Math.floor(session.refreshTtlMs / 1_000),
});

export const presentWorkspace = (workspace: WorkspaceWithRole): z.input<typeof workspaceOut> => ({
  id: workspace.id,
  name: workspace.name,
  role: workspace.role,
  recording_retention_days: workspace.recordingRetentionDays,
  created_at: workspace.createdAt.toISOString(),
  updated_at: workspace.updatedAt.toISOString(),
});

export const presentApiKey = (key: ApiKey): z.input<typeof apiKeyOut> => ({
  id: key.id,
  workspace_id: key.workspaceId,
  name: key.name,
  role: key.role,
  scopes: key.scopes === null ? null : keyScopes.filter((one) => key.scopes?.includes(one)),
  prefix: key.prefix,
  created_at: key.createdAt.toISOString(),
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
});

export const presentSignIn = (signIn: SignIn): z.input<typeof signInOut> => ({
  id: signIn.id,
  user_agent: signIn.userAgent,
  ip: signIn.ip,
  signed_in_at: signIn.signedInAt.toISOString(),
  last_used_at: signIn.lastUsedAt.toISOString(),
});

export const presentMember = (member: Member): z.input<typeof memberOut> => ({
  user_id: member.userId,
  email: member.email,
  name: member.name,
  role: member.role,
  joined_at: member.joinedAt.toISOString(),
});

export const presentInvitation = (invitation: Invitation): z.input<typeof invitationOut> => ({
  id: invitation.id,
  email: invitation.email,
  role: invitation.role,
  expires_at: invitation.expiresAt.toISOString(),
  created_at: invitation.createdAt.toISOString(),
});

export const presentAuditEntry = (entry: AuditEntry): z.input<typeof auditEntryOut> => ({
  id: entry.id,
  actor_kind: entry.actorKind,
  actor_id: entry.actorId,
  surface: entry.surface,
  operation: entry.operation,
  target: entry.target,
  details: entry.details,
  ip: entry.ip,
  created_at: entry.createdAt.toISOString(),
});

export const presentEmail = (email: OutgoingEmail): z.input<typeof emailOut> => ({
  id: email.id,
  to: email.to,
  subject: email.subject,
  status: email.status,
  error: email.error,
  text: email.text,
  created_at: email.createdAt.toISOString(),
  sent_at: email.sentAt?.toISOString() ?? null,
});
