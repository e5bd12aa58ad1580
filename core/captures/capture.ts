import { and, eq } from 'drizzle-orm';
import type { packetCaptures } from '../../db/schema/packet-captures.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';

export type Capture = typeof packetCaptures.$inferSelect;

export async function numberOf(ctx: WorkspaceContext, e164: string) {
  const [row] = await ctx.db
    .select()
    .from(phoneNumbers)
    .where(and(eq(phoneNumbers.e164, e164), eq(phoneNumbers.workspaceId, ctx.workspaceId)));
  if (!row) throw notFound('Phone number');
  return row;
}
