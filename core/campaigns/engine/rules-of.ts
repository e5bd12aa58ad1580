import type { Campaign } from '../campaign.ts';
import type { JudgedCampaign } from '../ledger/index.ts';
import { type RuleSettings, ruleSettings } from '../rules/index.ts';

const kept = new Map<string, RuleSettings>();
const most = 500;

/** The rules of one version of a campaign, parsed once: what follows from them is remembered by their identity. */
export function rulesOf(campaign: {
  readonly id: string;
  readonly version: number;
  readonly rules: unknown;
}): RuleSettings {
  const key = `${campaign.id} ${campaign.version}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= most) kept.clear();
  const parsed = ruleSettings.parse(campaign.rules);
  kept.set(key, parsed);
  return parsed;
}

/** A campaign as its decisions name it. */
export const judged = (campaign: Campaign): JudgedCampaign => ({
  ...{ id: campaign.id, workspaceId: campaign.workspaceId, version: campaign.version },
  rules: rulesOf(campaign),
});
