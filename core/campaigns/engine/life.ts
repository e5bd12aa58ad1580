import { and, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { nowMs } from '../../context.ts';
import { operation } from '../../operation.ts';
import { updateCampaign } from '../campaign.ts';
import { statusAfter } from '../state.ts';
import { letGoCallBacks, placedWithout } from './let-go-call-backs.ts';

/**
 * What time does to campaigns: those whose start has come run, those whose end has come finish, and so do those with
 * nobody left to call, and batches of whose list nobody came: others may still get people. Returns how many changed.
 */
export const advanceCampaigns = operation({
  name: 'campaign.advance',
  scope: 'system',
  input: z.object({ atMs: z.number() }),
  run: async (ctx, { atMs }): Promise<number> => {
    const at = new Date(atMs);
    const begun = await ctx.db
      .update(campaigns)
      .set({ status: 'running', startedAt: sql`coalesce(${campaigns.startedAt}, ${at.toISOString()})` })
      .where(
        and(eq(campaigns.status, 'scheduled'), or(isNull(campaigns.startsAt), lte(campaigns.startsAt, at))),
      )
      .returning({ id: campaigns.id });
    const over = await ctx.db
      .update(campaigns)
      .set({ status: 'finished', statusReason: 'The end of its period has come.', finishedAt: at })
      .where(and(inArray(campaigns.status, ['scheduled', 'running', 'paused']), lte(campaigns.endsAt, at)))
      .returning({ id: campaigns.id });
    await letGoCallBacks(
      ctx.db,
      over.map(({ id }) => id),
      placedWithout,
    );
    const { rowCount: empty } = await ctx.db.execute(sql`
      update campaigns set status = 'finished',
        status_reason = case when exists (select from contact_counts c where c.campaign_id = campaigns.id)
          then 'Everybody was dealt with.' else 'Nobody came of its list.' end,
        finished_at = ${at.toISOString()}, updated_at = ${at.toISOString()}
      where status = 'running' and reopening is null
        and (exists (select from contact_counts c where c.campaign_id = campaigns.id)
          or kind = 'batch' and exists (select from contact_lists l where l.campaign_id = campaigns.id and l.state = 'done'))
        and not exists (
          select from contact_counts c where c.campaign_id = campaigns.id
            and c.state in ('waiting', 'reserved', 'dialing')
          group by c.state having sum(c.delta) <> 0)
        and not exists (
          select from contact_lists l where l.campaign_id = campaigns.id
            and l.state in ('receiving', 'received', 'queued', 'importing'))`);
    return begun.length + over.length + (empty ?? 0);
  },
});

/** The engine itself stops a campaign: its budget is used up, its abandon meter is at the limit. */
export const haltCampaign = operation({
  name: 'campaign.halt',
  scope: 'system',
  input: z.object({ campaignId: z.uuid(), reason: z.string() }),
  audit: ({ campaignId, reason }, halted: boolean) =>
    halted ? { target: campaignId, details: { reason } } : {},
  run: async (ctx, { campaignId, reason }): Promise<boolean> => {
    const [campaign] = await ctx.db
      .select()
      .from(campaigns)
      .where(eq(campaigns.id, campaignId))
      .for('no key update');
    const status = campaign && statusAfter(campaign.status, 'pause', campaign, nowMs(ctx));
    if (!status || campaign.status !== 'running') return false;
    await updateCampaign(ctx, campaignId, { status, statusReason: reason });
    return true;
  },
});
