import type { callbacks } from '../../db/schema/callbacks.ts';
import { gatherLists, noCampaign } from '../campaigns/ledger/gather-lists.ts';
import { isZone, judgeContact, locate, ruleSettings } from '../campaigns/rules/index.ts';
import { weekdays } from '../campaigns/rules/time/week.ts';
import { nowMs, type OperationContext } from '../context.ts';

/** Every hour that the laws allow: they asked for this one themselves. */
const rules = ruleSettings.parse({
  purpose: 'informational',
  windows: Object.fromEntries(weekdays.map((day) => [day, [{ from: '00:00', to: '24:00' }]])),
});
const askAgainMs = 15 * 60_000;

/**
 * Whether the rules of dialing let a call-back be placed now; null: they do. Who has said since that they want no calls
 * gets none; the list of the campaign in whose call they asked counts too. National registries are about calls that
 * nobody asked for, and are not looked at.
 */
export async function judgeCallback(
  ctx: OperationContext,
  { workspaceId, phoneNumber, timeZone }: typeof callbacks.$inferSelect,
  { country, campaignId }: { country: string | null; campaignId: string | null },
): Promise<{ cancel: string } | { waitUntilMs: number; why: string } | null> {
  // `UTC` and offsets are how a time was written, not where somebody is.
  const givenZone = timeZone.includes('/') && isZone(timeZone) ? timeZone : null;
  const place = locate({ phone: phoneNumber, country, givenZone });
  if ('problem' in place) return { cancel: 'Nothing tells in which time zone this person is.' };
  const { listed } = await gatherLists(ctx.db, { id: campaignId ?? noCampaign, workspaceId }, [phoneNumber]);
  const list = listed.get(phoneNumber) ?? null;
  const atMs = nowMs(ctx);
  const verdict = judgeContact(
    {
      ...{ rules, place, consent: 'express', registries: [], dialed: [] },
      ...{ listed: list === 'registry' ? null : list, before: { campaign: 0, workspace: 0 } },
    },
    atMs,
  );
  if (verdict.allowed) return null;
  const why = verdict.detail || verdict.reason;
  return verdict.final ? { cancel: why } : { waitUntilMs: verdict.nextLegalAtMs ?? atMs + askAgainMs, why };
}
