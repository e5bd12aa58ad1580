import { z } from 'zod';
import { keyScopes } from '../../../../core/key-scopes.ts';

const role = z.enum(['member', 'developer', 'admin', 'superuser']);

const userOut = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    email_verified: z.boolean(),
    is_superuser: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });

export const meOut = z
  .object({ user: userOut, workspace_id: z.uuid().nullable(), role: role.nullable() })
  .meta({ id: 'Me' });

export const accessOut = meOut
  .extend({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'AccessSession' });

export const sessionOut = accessOut
  .extend({
    refresh_token: z.string(),
    refresh_expires_in: z.number().int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'Session' });

export const acceptedOut = z.object({ detail: z.string() }).meta({ id: 'Accepted' });

export const workspaceOut = z
  .object({
    id: z.uuid(),
    name: z.string(),
    role: role.meta({ description: 'The caller’s own.' }),
    recording_retention_days: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Recordings are deleted after so many days. Null: never.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Workspace' });

export const apiKeyOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    name: z.string(),
    role: z.enum(['member', 'developer', 'admin']),
    scopes: z
      .array(z.enum(keyScopes))
      .nullable()
      .meta({ description: 'What the key is confined to. Null: whatever its role may.' }),
    prefix: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });

export const signInOut = z
  .object({
    id: z.uuid(),
    user_agent: z.string(),
    ip: z.string().nullable(),
    signed_in_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().meta({ description: 'When its tokens were last renewed.' }),
  })
  .meta({ id: 'SignIn' });

const memberRole = z.enum(['member', 'developer', 'admin']);

export const memberOut = z
  .object({
    user_id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: memberRole,
    joined_at: z.iso.datetime(),
  })
  .meta({ id: 'Member' });

export const invitationOut = z
  .object({
    id: z.uuid(),
    email: z.string(),
    role: memberRole,
    expires_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });

export const auditEntryOut = z
  .object({
    id: z.number().int(),
    actor_kind: z.string(),
    actor_id: z.string().nullable(),
    surface: z.string(),
    operation: z.string(),
    target: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    ip: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AuditEntry' });

export const emailOut = z
  .object({
    id: z.uuid(),
    to: z.string(),
    subject: z.string(),
    status: z.enum(['queued', 'sending', 'sent', 'failed', 'held']),
    error: z.string().nullable(),
    text: z.string().nullable().meta({
      description:
        'Of held mail only: no mail server is configured, somebody has to hand it over. Null for an API key with scopes.',
    }),
    created_at: z.iso.datetime(),
    sent_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'OutgoingEmail' });
