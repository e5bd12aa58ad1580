import { and, count, desc, eq, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../db/schema/campaigns.ts';
import { users } from '../../db/schema/users.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { type CampaignWithNumbers, findCampaign, withNumbers } from './campaign.ts';

const kind = z.enum(['campaign', 'batch']);

/** A campaign by id or slug. */
export const getCampaign = operation({
  name: 'campaign.get',
  scope: 'member',
  input: z.object({ campaign: z.string(), kind: kind.optional() }),
  reads: true,
  run: async (ctx, { campaign: named, kind: wanted }): Promise<CampaignWithNumbers> => {
    const [campaign] = await withNumbers(ctx.db, [await findCampaign(ctx, named)]);
    if (!campaign || (wanted && campaign.kind !== wanted)) throw notFound('Campaign');
    return campaign;
  },
});

/** Campaigns of the workspace, newest first. */
export const listCampaigns = operation({
  name: 'campaign.list',
  scope: 'member',
  input: z.object({
    page: z.number().int().min(1).default(1),
    pageSize: z.number().int().min(1).max(100).default(25),
    kind: kind.optional(),
    /** E-mail of who made it. */
    createdByEmail: z.string().trim().toLowerCase().optional(),
  }),
  reads: true,
  run: async (
    ctx,
    { page, pageSize, ...filter },
  ): Promise<{ items: CampaignWithNumbers[]; total: number }> => {
    const conditions: (SQL | undefined)[] = [
      eq(campaigns.workspaceId, ctx.workspaceId),
      filter.kind && eq(campaigns.kind, filter.kind),
      filter.createdByEmail === undefined ? undefined : eq(users.email, filter.createdByEmail),
    ];
    const where = and(...conditions);
    const from = () =>
      ctx.db
        .select({ campaign: campaigns })
        .from(campaigns)
        .leftJoin(users, eq(users.id, campaigns.createdBy))
        .where(where);
    const rows = await from()
      .orderBy(desc(campaigns.createdAt), desc(campaigns.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize);
    const [total] = await ctx.db
      .select({ total: count() })
      .from(campaigns)
      .leftJoin(users, eq(users.id, campaigns.createdBy))
      .where(where);
    return {
      items: await withNumbers(
        ctx.db,
        rows.map(({ campaign }) => campaign),
      ),
      total: total?.total ?? 0,
    };
  },
});
