import { and, asc, eq, inArray } from 'drizzle-orm';
import { campaignNumbers } from '../../db/schema/campaign-numbers.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { isUuid } from '../../platform/ids.ts';
import type { OperationContext, WorkspaceContext } from '../context.ts';
import { DomainError, notFound } from '../errors.ts';

export type { CampaignStatus } from '../../db/schema/campaigns.ts';
export type Campaign = typeof campaigns.$inferSelect;

/** A campaign with the numbers it calls from. */
export interface CampaignWithNumbers extends Campaign {
  readonly fromNumbers: readonly string[];
}

/** A campaign of the caller's workspace by id or slug, locked until the transaction ends on request; else not_found. */
export async function findCampaign(
  ctx: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
  named: string,
  { lock = false } = {},
): Promise<Campaign> {
  const query = ctx.db
    .select()
    .from(campaigns)
    .where(
      and(
        isUuid(named) ? eq(campaigns.id, named) : eq(campaigns.slug, named),
        eq(campaigns.workspaceId, ctx.workspaceId),
      ),
    );
  // Not `for update`: rows that refer to it may be written meanwhile.
  const [campaign] = lock ? await query.for('no key update') : await query;
  if (!campaign) throw notFound('Campaign');
  return campaign;
}

/** Puts the numbers beside each campaign; one query for any number of them. */
export async function withNumbers(
  db: OperationContext['db'],
  rows: readonly Campaign[],
): Promise<CampaignWithNumbers[]> {
  if (rows.length === 0) return [];
  const numbers = await db
    .select({ campaignId: campaignNumbers.campaignId, e164: phoneNumbers.e164 })
    .from(campaignNumbers)
    .innerJoin(phoneNumbers, eq(phoneNumbers.id, campaignNumbers.phoneNumberId))
    .where(
      inArray(
        campaignNumbers.campaignId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(asc(phoneNumbers.e164));
  return rows.map((row) => ({
    ...row,
    fromNumbers: numbers.filter(({ campaignId }) => campaignId === row.id).map(({ e164 }) => e164),
  }));
}

/** Changes a campaign that this transaction has locked. */
export async function updateCampaign(
  ctx: Pick<OperationContext, 'db'>,
  campaignId: string,
  change: Partial<typeof campaigns.$inferInsert>,
): Promise<Campaign> {
  const [campaign] = await ctx.db
    .update(campaigns)
    .set(change)
    .where(eq(campaigns.id, campaignId))
    .returning();
  if (!campaign) throw new Error('The update of a locked campaign returned nothing.');
  return campaign;
}

export const slugTaken = (): DomainError =>
  new DomainError('conflict', 'There is a campaign with this slug already.', {
    fields: [{ path: 'slug', message: 'taken' }],
  });
