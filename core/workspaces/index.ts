export { requireActive } from './active.ts';
export { createWorkspace, type Workspace } from './create.ts';
export { deleteWorkspace } from './delete.ts';
export { getWorkspace } from './get.ts';
export {
  acceptInvitation,
  type Invitation,
  inviteMember,
  listInvitations,
  revokeInvitation,
} from './invitations.ts';
export { listWorkspaces } from './list.ts';
export { type AuditEntry, listAudit } from './list-audit.ts';
export { changeMemberRole, listMembers, type Member, removeMember } from './members.ts';
export { switchWorkspace } from './switch.ts';
export { updateWorkspace } from './update.ts';
export type { WorkspaceWithRole } from './workspace.ts';
