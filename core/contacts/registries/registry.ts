import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { callRegistries } from '../../../db/schema/call-registries.ts';
import { isUuid } from '../../../platform/ids.ts';
import type { OperationContext, WorkspaceContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors.ts';
import { isPhoneCountry } from '../phone.ts';

export type CallRegistry = typeof callRegistries.$inferSelect;

const dayMs = 86_400_000;

export const registryFields = {
  name: z.string().trim().min(1, 'must not be empty').max(200),
  /** Whose numbers it is about. */
  country: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isPhoneCountry, 'there is no country of this code; write it as US, GB, IN'),
  /** The US asks for a download of the last 31 days. */
  maxAgeMs: z
    .number()
    .int()
    .min(60_000)
    .max(3_650 * dayMs),
};
export const usualMaxAgeMs = 31 * dayMs;

/** The national ones of the US are a few hundred million numbers. */
export const registryFileBytes = 4 * 1024 ** 3;

export const nameTaken = (): DomainError =>
  new DomainError('conflict', 'There is a registry of this name already.', {
    fields: [{ path: 'name', message: 'taken' }],
  });

/** A registry of the caller's workspace, locked until the transaction ends on request; anything else is not_found. */
export async function findRegistry(
  ctx: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
  registryId: string,
  { lock = false } = {},
): Promise<CallRegistry> {
  if (!isUuid(registryId)) throw notFound('Registry');
  const query = ctx.db
    .select()
    .from(callRegistries)
    .where(and(eq(callRegistries.id, registryId), eq(callRegistries.workspaceId, ctx.workspaceId)));
  const [registry] = lock ? await query.for('update') : await query;
  if (!registry) throw notFound('Registry');
  return registry;
}

/** Changes a registry that this transaction has locked. */
export async function updateRegistry(
  { db }: Pick<OperationContext, 'db'>,
  registryId: string,
  change: Partial<typeof callRegistries.$inferInsert>,
): Promise<CallRegistry> {
  const [registry] = await db
    .update(callRegistries)
    .set(change)
    .where(eq(callRegistries.id, registryId))
    .returning();
  if (!registry) throw notFound('Registry');
  return registry;
}
