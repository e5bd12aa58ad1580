import { and, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { credentials } from '../../db/schema/credentials.ts';
import type { AgentDefinition } from '../agents/definition.ts';
import { fillCall } from '../calls/fill-call.ts';
import type { OperationContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { openSecret } from './credential.ts';
import type { Secret } from './secret.ts';

/**
 * The secrets that the agent of a running call names. For the worker in charge of it only: they are in no plan, because
 * plans travel through dispatches and tokens.
 */
export const resolveCallCredentials = operation({
  name: 'credential.resolve_for_call',
  scope: 'system',
  input: z.object({ callId: z.uuid(), epoch: z.number().int().min(1) }),
  reads: true,
  run: async (ctx, { callId, epoch }) => {
    const [call] = await ctx.db.select().from(calls).where(eq(calls.id, callId));
    if (!call) throw notFound('Call');
    if (call.epoch !== epoch || call.status === 'ended')
      throw new DomainError('conflict', 'This call is over, or another worker is in charge of it.');
    const { definition } = await fillCall(ctx, call);
    return { credentials: Object.fromEntries(await readSecrets(ctx, call.workspaceId, definition)) };
  },
});

/** Name → secret of every credential that a definition names and the workspace has. */
export async function readSecrets(
  ctx: Pick<OperationContext, 'db' | 'services'>,
  workspaceId: string,
  definition: Pick<AgentDefinition, 'functions' | 'mcpServers' | 'brain'>,
): Promise<Map<string, Secret>> {
  const names = credentialNames(definition);
  if (names.length === 0) return new Map();
  const rows = await ctx.db
    .select({ name: credentials.name, sealed: credentials.sealed })
    .from(credentials)
    .where(and(eq(credentials.workspaceId, workspaceId), inArray(credentials.name, names)));
  return new Map(rows.map(({ name, sealed }) => [name, openSecret(ctx.services.sealer, sealed)]));
}

const credentialNames = ({
  functions,
  mcpServers,
  brain,
}: Pick<AgentDefinition, 'functions' | 'mcpServers' | 'brain'>) => [
  ...new Set(
    [...functions, ...mcpServers, ...(brain.kind === 'webhook' ? [brain] : [])]
      .map(({ credential }) => credential)
      .filter((name) => name !== ''),
  ),
];
