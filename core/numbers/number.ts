import { and, eq } from 'drizzle-orm';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';

export type PhoneNumberRow = typeof phoneNumbers.$inferSelect;

/** A number as callers see it: whether there is a password, never the password. */
export type PhoneNumber = Omit<PhoneNumberRow, 'authPasswordSealed'> & { readonly hasAuthPassword: boolean };

export function withoutPassword({ authPasswordSealed, ...row }: PhoneNumberRow): PhoneNumber {
  return { ...row, hasAuthPassword: authPasswordSealed !== null };
}

/** A number of the caller's workspace, locked until the transaction ends; anything else is not_found. */
export async function lockNumber(ctx: WorkspaceContext, e164: string): Promise<PhoneNumberRow> {
  const [row] = await ctx.db
    .select()
    .from(phoneNumbers)
    .where(and(eq(phoneNumbers.e164, e164), eq(phoneNumbers.workspaceId, ctx.workspaceId)))
    .for('update');
  if (!row) throw notFound('Phone number');
  return row;
}
