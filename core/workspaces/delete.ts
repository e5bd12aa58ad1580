import { and, eq, inArray, isNotNull, isNull, ne } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { callRegistryNumbers } from '../../db/schema/call-registry-numbers.ts';
import { calls } from '../../db/schema/calls.ts';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { recordingPieces } from '../../db/schema/recording-pieces.ts';
import { recordings } from '../../db/schema/recordings.ts';
import { turnLatencies } from '../../db/schema/turn-latencies.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { forgetKeys } from '../users/known-keys.ts';
import { requireActive } from './active.ts';

/** Keys of one message: a job that removes ten thousand files is no job. */
const keysPerMessage = 500;

/**
 * Deletes the active workspace with all it has: agents, calls, recordings, files, contacts, campaigns, keys,
 * memberships. Its trunks are taken out of LiveKit. What stays is evidence: the audit log and the ledger of decisions
 * to dial. Throws conflict while calls are running or
 * numbers are left that were bought; `confirm` must be the name of the workspace.
 */
export const deleteWorkspace = operation({
  name: 'workspace.delete',
  scope: 'admin',
  input: z.object({ workspaceId: z.string(), confirm: z.string().max(200).optional() }),
  audit: ({ workspaceId }, name: string) => ({ target: workspaceId, details: { name } }),
  committed: ({ services }) => forgetKeys(services.db),
  run: async (ctx, { workspaceId, confirm }): Promise<string> => {
    requireActive(ctx, workspaceId);
    const here = eq(workspaces.id, ctx.workspaceId);
    const [workspace] = await ctx.db.select().from(workspaces).where(here).for('update');
    if (!workspace) throw notFound('Workspace');
    if (confirm !== undefined && confirm !== workspace.name)
      throw new DomainError('invalid', 'The name does not fit.', {
        fields: [{ path: 'confirm', message: 'must be the name of the workspace' }],
      });
    await refuseWhileCalling(ctx);
    await refuseWithBoughtNumbers(ctx);
    await removeFiles(ctx);
    await removeNumbers(ctx);
    // Tables too big for a foreign key: their rows do not go by themselves.
    await ctx.db.delete(contacts).where(eq(contacts.workspaceId, ctx.workspaceId));
    await ctx.db.delete(attempts).where(eq(attempts.workspaceId, ctx.workspaceId));
    await ctx.db.delete(turnLatencies).where(eq(turnLatencies.workspaceId, ctx.workspaceId));
    await ctx.db
      .delete(callRegistryNumbers)
      .where(inArray(callRegistryNumbers.registryId, registriesOf(ctx)));
    await ctx.db.delete(workspaces).where(here);
    return workspace.name;
  },
});

const registriesOf = (ctx: WorkspaceContext) =>
  ctx.db
    .select({ id: callRegistries.id })
    .from(callRegistries)
    .where(eq(callRegistries.workspaceId, ctx.workspaceId));

async function refuseWhileCalling(ctx: WorkspaceContext): Promise<void> {
  const open = await ctx.db.$count(
    calls,
    and(eq(calls.workspaceId, ctx.workspaceId), isNull(calls.finalizedAt)),
  );
  if (open > 0)
    throw new DomainError('conflict', `${open} calls of the workspace are not over yet. End them first.`);
}

/**
 * The account that bought them goes with the workspace: then nobody could give them back, and they would go on costing.
 */
async function refuseWithBoughtNumbers(ctx: WorkspaceContext): Promise<void> {
  const bought = await ctx.db
    .select({ e164: phoneNumbers.e164 })
    .from(phoneNumbers)
    .where(and(eq(phoneNumbers.workspaceId, ctx.workspaceId), ne(phoneNumbers.carrier, 'local')));
  if (bought.length > 0)
    throw new DomainError(
      'conflict',
      `Numbers that were bought from a carrier are given back when they are deleted. Delete these first: ${bought.map(({ e164 }) => e164).join(', ')}.`,
    );
}

async function removeFiles(ctx: WorkspaceContext): Promise<void> {
  const files = await ctx.db
    .select({ key: knowledgeFiles.blobKey })
    .from(knowledgeFiles)
    .where(eq(knowledgeFiles.workspaceId, ctx.workspaceId));
  const mine = ctx.db
    .select({ id: recordings.id })
    .from(recordings)
    .where(eq(recordings.workspaceId, ctx.workspaceId));
  const pieces = await ctx.db
    .select({ key: recordingPieces.blobKey })
    .from(recordingPieces)
    .where(inArray(recordingPieces.recordingId, mine));
  const captures = await ctx.db
    .select({ key: packetCaptures.blobKey })
    .from(packetCaptures)
    .where(eq(packetCaptures.workspaceId, ctx.workspaceId));
  const lists = await ctx.db
    .select({ parts: contactLists.parts })
    .from(contactLists)
    .where(eq(contactLists.workspaceId, ctx.workspaceId));
  const registries = await ctx.db
    .select({ key: callRegistries.nextUpload })
    .from(callRegistries)
    .where(and(eq(callRegistries.workspaceId, ctx.workspaceId), isNotNull(callRegistries.nextUpload)));
  const keys = [
    ...[...files, ...pieces].map(({ key }) => key),
    ...lists.flatMap(({ parts }) => parts.map(({ blobKey }) => blobKey)),
    ...captures.flatMap(({ key }) => key ?? []),
    ...registries.flatMap(({ key }) => key ?? []),
  ];
  for (let at = 0; at < keys.length; at += keysPerMessage)
    await ctx.emit('remove-blobs', { keys: keys.slice(at, at + keysPerMessage) });
}

async function removeNumbers(ctx: WorkspaceContext): Promise<void> {
  const numbers = await ctx.db
    .select()
    .from(phoneNumbers)
    .where(eq(phoneNumbers.workspaceId, ctx.workspaceId));
  for (const { id, inboundTrunkId, outboundTrunkId, dispatchRuleId } of numbers)
    await ctx.emit(
      'remove-number',
      { inboundTrunkId, outboundTrunkId, dispatchRuleId },
      { key: `remove-number-${id}` },
    );
}
