import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { campaignNumbers } from '../../db/schema/campaign-numbers.ts';
import { campaignVersions } from '../../db/schema/campaign-versions.ts';
import { nowMs, type WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { refuseDuplicate } from '../unique.ts';
import {
  type Campaign,
  type CampaignWithNumbers,
  findCampaign,
  slugTaken,
  updateCampaign,
  withNumbers,
} from './campaign.ts';
import { bringTo } from './control.ts';
import { exhaustContacts } from './engine/exhaust-contacts.ts';
import { allowMore, anybodyExhausted } from './engine/recycle-contacts.ts';
import { byRules, reopenContacts } from './engine/reopen-contacts.ts';
import { retrySettings } from './retries.ts';
import { type Reason, type RuleSettings, ruleSettings } from './rules/index.ts';
import { campaignChange } from './settings.ts';
import { wantedStatuses } from './state.ts';
import { checkCampaign } from './validate.ts';

/**
 * Changes a campaign, be it running: the engine's next look, within a second, goes by it, and every call that is not
 * dialed yet is judged by it. A status is brought about by what has been changed. Throws invalid with the fields,
 * conflict when it is over, the slug is taken or the status cannot be.
 */
export const updateCampaignSettings = operation({
  name: 'campaign.update',
  scope: 'member',
  input: z.object({
    ...{ campaign: z.string(), change: campaignChange, status: z.enum(wantedStatuses).optional() },
  }),
  audit: ({ change, status }, campaign: CampaignWithNumbers) => ({
    target: campaign.id,
    details: { fields: Object.keys(change), ...(status === undefined ? {} : { status }) },
  }),
  run: async (ctx, { campaign: named, change: given, status: wanted }): Promise<CampaignWithNumbers> => {
    const old = await findCampaign(ctx, named, { lock: true });
    if (old.status === 'stopped' || old.status === 'archived')
      throw new DomainError('conflict', `The campaign is ${old.status}; it cannot be changed any more.`);
    const [before] = await withNumbers(ctx.db, [old]);
    const { fromNumbers = before?.fromNumbers ?? [], ...rest } = given;
    // What is left out is not there; an undefined would overwrite.
    const change = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    const oldRules = ruleSettings.parse(old.rules);
    const next = { ...old, rules: oldRules, ...change, fromNumbers };
    // A campaign whose end has come may still be renamed.
    const timing = given.rules !== undefined || given.startsAt !== undefined || given.endsAt !== undefined;
    const numberIds = await checkCampaign(ctx, next, { timing });
    const version = old.version + 1;
    // A start that is moved ahead is waited for; one that is taken away or has come is seen by the next look.
    const ahead = next.startsAt !== null && next.startsAt.getTime() > nowMs(ctx);
    const status = old.status === 'running' && ahead ? 'scheduled' : old.status;
    const saved = await refuseDuplicate(updateCampaign(ctx, old.id, { ...change, version, status }), {
      campaigns_slug: slugTaken,
    });
    const [retries, oldRetries] = [retrySettings.parse(next.retries), retrySettings.parse(old.retries)];
    const most = retries.maxAttempts < oldRetries.maxAttempts ? retries.maxAttempts : null;
    const recycle = allowMore(retries, oldRetries) && (await anybodyExhausted(ctx.db, old.id));
    // Every version has its rules, so that a decision can be judged again.
    await ctx.db.insert(campaignVersions).values({ campaignId: old.id, version, rules: next.rules });
    const renumbered = !isDeepStrictEqual([...fromNumbers].sort(), [...(before?.fromNumbers ?? [])].sort());
    const lifted: Reason[] = [
      ...(isDeepStrictEqual(next.rules, oldRules) ? [] : byRules),
      ...(renumbered ? ['own_number' as const] : []),
    ];
    const reopening = await moveContacts(ctx, old, { rules: next.rules, version, lifted, most, recycle });
    if (renumbered) {
      await ctx.db.delete(campaignNumbers).where(eq(campaignNumbers.campaignId, old.id));
      await ctx.db
        .insert(campaignNumbers)
        .values(numberIds.map((phoneNumberId) => ({ campaignId: old.id, phoneNumberId })));
    }
    const brought = wanted === undefined ? saved : await bringTo(ctx, saved, wanted);
    return { ...brought, reopening, fromNumbers };
  },
});

interface Change {
  readonly rules: RuleSettings;
  readonly version: number;
  /** For which nobody needs to be blocked any more. */
  readonly lifted: readonly Reason[];
  /** Calls to one person, where there were more; null: there were not. */
  readonly most: number | null;
  /** Some who had all calls that there might be may have another. */
  readonly recycle: boolean;
}

/**
 * Lets people wait again, and leaves others alone. What is left of that is done by a job; it goes on with what an
 * earlier change had left.
 */
async function moveContacts(
  ctx: WorkspaceContext,
  { id, reopening: before }: Campaign,
  { rules, version, lifted, most, recycle }: Change,
): Promise<Campaign['reopening']> {
  const more = await reopenContacts(ctx.db, { id, rules }, lifted, nowMs(ctx));
  const last = most === null ? null : await exhaustContacts(ctx.db, { campaignId: id, most, after: null });
  const exhaust = last !== null || (most !== null && more.length > 0);
  if (more.length === 0 && !exhaust && !recycle) return before;
  const reopening = {
    ...{ version, reasons: [...new Set([...(before?.reasons ?? []), ...more])] },
    ...(exhaust || before?.exhaust === true ? { exhaust: true } : {}),
    ...(recycle || before?.recycle === true ? { recycle: true } : {}),
  };
  await updateCampaign(ctx, id, { reopening });
  await ctx.emit('reopen-contacts', { campaignId: id, version }, { key: `reopen-${id}-${version}` });
  return reopening;
}
