import { z } from 'zod';
import { phoneNumberField, webSlugField } from '../fields.ts';
import { machinePolicies } from './machine-policy.ts';
import { retrySettings } from './retries.ts';
import { ruleSettings } from './rules/index.ts';

/** What an operator says of a campaign. Every field but these has a usual value: name, agent, numbers. */
export const campaignFields = {
  name: z.string().trim().min(1, 'must not be empty').max(200),
  slug: webSlugField,
  agentId: z.string(),
  /** Numbers of the workspace; E.164. */
  fromNumbers: z
    .array(phoneNumberField)
    .min(1, 'a campaign needs a number to call from')
    .max(500)
    .transform((numbers) => [...new Set(numbers)]),
  startsAt: z.date().nullable(),
  endsAt: z.date().nullable(),
  rules: ruleSettings,
  retries: retrySettings,
  weight: z.number().int().min(1).max(10_000),
  maxConcurrency: z.number().int().min(1).max(100_000).nullable(),
  callsPerSecond: z.number().min(0.01).max(10_000).nullable(),
  localPresence: z.boolean(),
  liveCalls: z.enum(['finish', 'drop']),
  machinePolicy: z.enum(machinePolicies),
  budgetMicros: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable(),
  minutePriceMicros: z.number().int().min(1).max(1_000_000_000).nullable(),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'three letters, as in USD'),
};

export const campaignInput = z.object({
  name: campaignFields.name,
  /** Left out: made from the name. */
  slug: campaignFields.slug.optional(),
  kind: z.enum(['campaign', 'batch']).default('campaign'),
  agentId: campaignFields.agentId,
  fromNumbers: campaignFields.fromNumbers,
  startsAt: campaignFields.startsAt.default(null),
  endsAt: campaignFields.endsAt.default(null),
  rules: campaignFields.rules.default(() => ruleSettings.parse({})),
  retries: campaignFields.retries.default(() => retrySettings.parse({})),
  weight: campaignFields.weight.default(100),
  maxConcurrency: campaignFields.maxConcurrency.default(null),
  callsPerSecond: campaignFields.callsPerSecond.default(null),
  localPresence: campaignFields.localPresence.default(false),
  liveCalls: campaignFields.liveCalls.default('finish'),
  machinePolicy: campaignFields.machinePolicy.default('agent'),
  budgetMicros: campaignFields.budgetMicros.default(null),
  minutePriceMicros: campaignFields.minutePriceMicros.default(null),
  currency: campaignFields.currency.default('USD'),
});

/** Each field by itself: what is left out stays. */
export const campaignChange = z.object(campaignFields).partial();
export type CampaignInput = z.output<typeof campaignInput>;
