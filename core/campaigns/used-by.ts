import { and, eq, ne } from 'drizzle-orm';
import { campaignNumbers } from '../../db/schema/campaign-numbers.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';

/** Throws conflict, naming them, when campaigns that are not archived live on an agent or a number. */
export async function refuseWhileUsed(
  ctx: Pick<OperationContext, 'db'>,
  what: { readonly agentId: string } | { readonly phoneNumberId: string },
): Promise<void> {
  const rows =
    'agentId' in what
      ? await ctx.db
          .select({ name: campaigns.name })
          .from(campaigns)
          .where(and(eq(campaigns.agentId, what.agentId), ne(campaigns.status, 'archived')))
      : await ctx.db
          .select({ name: campaigns.name })
          .from(campaigns)
          .innerJoin(campaignNumbers, eq(campaignNumbers.campaignId, campaigns.id))
          .where(eq(campaignNumbers.phoneNumberId, what.phoneNumberId));
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name);
  throw new DomainError('conflict', `In use by campaigns: ${names.slice(0, 5).join(', ')}.`, {
    details: { campaigns: names },
  });
}
