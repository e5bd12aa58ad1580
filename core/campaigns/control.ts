import { and, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { nowMs, type WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Campaign, findCampaign, updateCampaign, withNumbers } from './campaign.ts';
import { letGoCallBacks, stopped } from './engine/let-go-call-backs.ts';
import { readMeter } from './engine/meter.ts';
import { abandonState, ruleSettings } from './rules/index.ts';
import { type CampaignMove, moveTo, statusAfter, type WantedStatus } from './state.ts';
import { checkCampaign } from './validate.ts';

const input = z.object({ campaign: z.string() });
const audit = (_: unknown, { id }: Campaign) => ({ target: id });

/**
 * Has a campaign call people, from its start date on. Throws conflict from a status in which that is not possible or
 * while its abandon meter is at 3 %, invalid when agent, numbers or dates no longer fit.
 */
export const startCampaign = operation({
  name: 'campaign.start',
  scope: 'member',
  input,
  audit,
  run: (ctx, { campaign }): Promise<Campaign> => run(ctx, campaign, 'start'),
});

/** Goes on after a pause. As startCampaign. */
export const resumeCampaign = operation({
  name: 'campaign.resume',
  scope: 'member',
  input,
  audit,
  run: (ctx, { campaign }): Promise<Campaign> => run(ctx, campaign, 'resume'),
});

const halt = input.extend({
  /** What happens to calls that are on; left out: as the campaign says. */
  liveCalls: z.enum(['finish', 'drop']).optional(),
  reason: z.string().trim().max(200).default(''),
});

/** Places no more calls until it is resumed. What was taken but has not rung is given back. */
export const pauseCampaign = operation({
  name: 'campaign.pause',
  scope: 'member',
  input: halt,
  audit,
  run: (ctx, { campaign, ...how }): Promise<Campaign> => stop(ctx, campaign, 'pause', how),
});

/** Over for good. */
export const stopCampaign = operation({
  name: 'campaign.stop',
  scope: 'member',
  input: halt,
  audit,
  run: (ctx, { campaign, ...how }): Promise<Campaign> => stop(ctx, campaign, 'stop', how),
});

/** Puts a campaign that is over, or never began, away: nobody can be added to it any more. */
export const archiveCampaign = operation({
  name: 'campaign.archive',
  scope: 'member',
  input,
  audit,
  run: (ctx, { campaign }): Promise<Campaign> => archive(ctx, campaign),
});

/** The same as the verbs, within an operation that changes more than the status. */
export function bringTo(
  ctx: WorkspaceContext,
  { id, status }: Pick<Campaign, 'id' | 'status'>,
  wanted: WantedStatus,
): Promise<Campaign> {
  const move = moveTo(wanted, status);
  if (move === 'archive') return archive(ctx, id);
  return move === 'pause' || move === 'stop' ? stop(ctx, id, move, { reason: '' }) : run(ctx, id, move);
}

async function archive(ctx: WorkspaceContext, named: string): Promise<Campaign> {
  const campaign = await findCampaign(ctx, named, { lock: true });
  return updateCampaign(ctx, campaign.id, { status: after(ctx, campaign, 'archive'), statusReason: '' });
}

async function run(ctx: WorkspaceContext, named: string, move: 'start' | 'resume'): Promise<Campaign> {
  const campaign = await findCampaign(ctx, named, { lock: true });
  const status = after(ctx, campaign, move);
  const [listed] = await withNumbers(ctx.db, [campaign]);
  const rules = ruleSettings.parse(campaign.rules);
  await checkCampaign(ctx, { ...campaign, rules, fromNumbers: listed?.fromNumbers ?? [] });
  if ((listed?.fromNumbers.length ?? 0) === 0)
    throw new DomainError('invalid', 'The campaign has no number to call from.', {
      fields: [{ path: 'fromNumbers', message: 'a campaign needs a number to call from' }],
    });
  if (abandonState(await readMeter(ctx.db, campaign.id, nowMs(ctx))) === 'stop')
    throw new DomainError(
      'conflict',
      'Of the people who answered in the last 30 days, 3 % heard nobody. The law asks to stop until it is less.',
    );
  return updateCampaign(ctx, campaign.id, {
    ...{ status, statusReason: '', finishedAt: null },
    startedAt: campaign.startedAt ?? (status === 'running' ? new Date(nowMs(ctx)) : null),
  });
}

async function stop(
  ctx: WorkspaceContext,
  named: string,
  move: 'pause' | 'stop',
  { liveCalls, reason }: { readonly liveCalls?: 'finish' | 'drop' | undefined; readonly reason: string },
): Promise<Campaign> {
  const campaign = await findCampaign(ctx, named, { lock: true });
  const status = after(ctx, campaign, move);
  if ((liveCalls ?? campaign.liveCalls) === 'drop') await dropCalls(ctx, campaign.id);
  if (move === 'stop') await letGoCallBacks(ctx.db, [campaign.id], stopped);
  return updateCampaign(ctx, campaign.id, {
    ...{ status, statusReason: reason },
    ...(move === 'stop' ? { finishedAt: new Date(nowMs(ctx)) } : {}),
  });
}

function after(ctx: WorkspaceContext, campaign: Campaign, move: CampaignMove) {
  const status = statusAfter(campaign.status, move, campaign, nowMs(ctx));
  if (status === null)
    throw new DomainError('conflict', `A campaign that is ${campaign.status} cannot ${words[move]}.`);
  return status;
}

const words: Readonly<Record<CampaignMove, string>> = {
  ...{ start: 'be started', begin: 'begin', pause: 'be paused', resume: 'be resumed' },
  ...{ stop: 'be stopped', finish: 'finish', archive: 'be archived' },
};

/** Hangs up on whoever is being called. What is still queued is given back when its turn comes. */
async function dropCalls(ctx: WorkspaceContext, campaignId: string): Promise<void> {
  const at = new Date(nowMs(ctx));
  const dropped = await ctx.db
    .update(calls)
    .set({ endRequestedAt: sql`coalesce(${calls.endRequestedAt}, ${at.toISOString()})` })
    .where(and(eq(calls.campaignId, campaignId), inArray(calls.status, ['dialing', 'ringing', 'active'])))
    .returning({ id: calls.id });
  for (const { id: callId } of dropped)
    await ctx.emit('end-call', { callId }, { key: `end-call-${callId}-${at.getTime()}` });
}
