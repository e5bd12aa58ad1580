import type { z } from 'zod';
import type { CampaignProgress, CampaignWithNumbers } from '../../../../core/campaigns/index.ts';
import { retrySettings } from '../../../../core/campaigns/retries.ts';
import { type Caps, ruleSettings } from '../../../../core/campaigns/rules/index.ts';
import type { ContactList } from '../../../../core/contacts/index.ts';
import type { batchOut } from '../schemas/batch.ts';
import type { campaignOut, progressOut, uploadOut } from '../schemas/campaign.ts';

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;
const presentCaps = ({ perDay, perWeek, total }: Caps) => ({ per_day: perDay, per_week: perWeek, total });

export const presentCampaign = (campaign: CampaignWithNumbers): z.input<typeof campaignOut> => ({
  id: campaign.id,
  slug: campaign.slug,
  name: campaign.name,
  workspace_id: campaign.workspaceId,
  status: campaign.status,
  status_reason: campaign.statusReason,
  agent_id: campaign.agentId,
  phone_numbers: [...campaign.fromNumbers],
  start_at: iso(campaign.startsAt),
  end_at: iso(campaign.endsAt),
  rules: presentRules(campaign.rules),
  retries: presentRetries(campaign.retries),
  weight: campaign.weight,
  max_concurrency: campaign.maxConcurrency,
  calls_per_second: campaign.callsPerSecond,
  local_presence: campaign.localPresence,
  live_calls: campaign.liveCalls,
  machine_policy: campaign.machinePolicy,
  budget_micros: campaign.budgetMicros,
  minute_price_micros: campaign.minutePriceMicros,
  currency: campaign.currency,
  version: campaign.version,
  created_at: campaign.createdAt.toISOString(),
  updated_at: campaign.updatedAt.toISOString(),
  started_at: iso(campaign.startedAt),
  finished_at: iso(campaign.finishedAt),
});

function presentRules(stored: unknown) {
  const { purpose, windows, holidays, packs, consentRequired, caps, workspaceCaps } =
    ruleSettings.parse(stored);
  const days = Object.entries(windows).flatMap(([day, spans]) =>
    spans ? [[day, spans.map(({ from, to }) => ({ from, to }))] as const] : [],
  );
  return {
    ...{ purpose, windows: Object.fromEntries(days), holidays, packs, consent_required: consentRequired },
    ...{ caps: presentCaps(caps), workspace_caps: presentCaps(workspaceCaps) },
  };
}

function presentRetries(stored: unknown) {
  const { maxAttempts, busy, noAnswer, voicemail, failed, dropped } = retrySettings.parse(stored);
  const one = ({ most, delayMs, jitter, otherHour }: typeof busy) => ({
    ...{ most, delay_ms: delayMs, jitter, other_hour: otherHour },
  });
  return {
    ...{ max_attempts: maxAttempts, busy: one(busy), no_answer: one(noAnswer) },
    ...{ voicemail: one(voicemail), failed: one(failed), dropped: one(dropped) },
  };
}

export function presentProgress(progress: CampaignProgress): z.input<typeof progressOut> {
  const { campaign, contacts, live, calls, abandon, estimate } = progress;
  return {
    status: campaign.status,
    status_reason: campaign.statusReason,
    ...{ contacts, live, blocked_by: progress.blockedBy },
    calls: {
      ...{ dialed: calls.dialed, answered: calls.answered, busy: calls.busy, no_answer: calls.noAnswer },
      ...{ voicemail: calls.voicemail, failed: calls.failed, transferred: calls.transferred },
      ...{ opted_out: calls.optedOut, talk_ms: calls.talkMs, cost_micros: calls.costMicros },
    },
    abandon: {
      ...{ live_answered: abandon.liveAnswered, abandoned: abandon.abandoned },
      ...{ share: abandon.share, state: abandon.state },
    },
    bottleneck: progress.bottleneck,
    pace: progress.pace,
    attempts_per_minute: progress.attemptsPerMinute,
    estimated_end_at: estimate.doneAtMs === null ? null : new Date(estimate.doneAtMs).toISOString(),
  };
}

export const presentUpload = (list: ContactList): z.input<typeof uploadOut> => ({
  id: list.id,
  campaign_id: list.campaignId,
  name: list.name,
  state: list.state,
  error: list.error,
  columns: list.columns,
  mapping: list.mapping as Record<string, unknown> | null,
  ...{ received_bytes: list.receivedBytes, rows_done: list.rowsDone, rows_imported: list.rowsImported },
  ...{ rows_blocked: list.rowsBlocked, rows_failed: list.rowsFailed, rows_duplicate: list.rowsDuplicate },
  created_at: list.createdAt.toISOString(),
});

export const presentBatch = (batch: CampaignWithNumbers): z.input<typeof batchOut> => ({
  ...{ id: batch.id, name: batch.name, slug: batch.slug, status: batch.status },
  ...{ status_reason: batch.statusReason, agent_id: batch.agentId },
  phone_numbers: [...batch.fromNumbers],
  scheduled_at: iso(batch.startsAt),
  end_at: iso(batch.endsAt),
  created_at: batch.createdAt.toISOString(),
  started_at: iso(batch.startedAt),
  finished_at: iso(batch.finishedAt),
});
