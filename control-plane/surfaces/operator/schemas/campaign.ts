import { z } from 'zod';
import { bottlenecks, campaignFields, wantedStatuses } from '../../../../core/campaigns/index.ts';
import { retrySettings } from '../../../../core/campaigns/retries.ts';
import { ruleSettings } from '../../../../core/campaigns/rules/index.ts';
import { momentOrNull } from './moment.ts';
import { e164 } from './number.ts';

const when = z.iso.datetime().nullable();
const statuses = ['draft', 'scheduled', 'running', 'paused', 'stopped', 'finished', 'archived'] as const;
export const campaignStatus = z.enum(statuses);

const cap = z.number().int().min(1).max(1_000).nullable().optional();
// A limit that is misspelled would be none: what is not known here is refused.
const capsIn = z
  .strictObject({ per_day: cap, per_week: cap, total: cap })
  .transform(({ per_day: perDay, per_week: perWeek, total }) => ({ perDay, perWeek, total }));

const rulesIn = z.strictObject({
  purpose: z.enum(['marketing', 'informational']).optional(),
  windows: ruleSettings.shape.windows.unwrap().optional().meta({
    description: 'For each weekday, in the time of whoever is called. A day that is missing is closed.',
  }),
  holidays: ruleSettings.shape.holidays.unwrap().optional(),
  packs: ruleSettings.shape.packs.unwrap().optional(),
  consent_required: z.boolean().optional(),
  caps: capsIn.optional().meta({ description: 'Calls to one person by this campaign.' }),
  workspace_caps: capsIn.optional().meta({ description: 'By all campaigns of the workspace together.' }),
});

const tryIn = z.strictObject({
  most: z.number().int().min(0).max(20).optional(),
  delay_ms: z.number().int().min(0).max(2_592_000_000).optional(),
  jitter: z.number().min(0).max(1).optional(),
  other_hour: z.boolean().optional(),
});
const retriesIn = z.strictObject({
  max_attempts: z.number().int().min(1).max(50).optional(),
  ...{ busy: tryIn.optional(), no_answer: tryIn.optional(), voicemail: tryIn.optional() },
  ...{ failed: tryIn.optional(), dropped: tryIn.optional() },
});

/** What is left out stays, or is usual. */
const optional = {
  slug: campaignFields.slug.optional(),
  start_at: momentOrNull('start').optional(),
  end_at: momentOrNull('end').optional(),
  rules: rulesIn.optional(),
  retries: retriesIn.optional(),
  weight: campaignFields.weight.optional(),
  max_concurrency: campaignFields.maxConcurrency.optional(),
  calls_per_second: campaignFields.callsPerSecond.optional(),
  local_presence: campaignFields.localPresence.optional(),
  live_calls: campaignFields.liveCalls.optional(),
  machine_policy: campaignFields.machinePolicy.optional().meta({
    description: 'When a machine answers. agent: as its agent says; talk: nobody listens for machines.',
  }),
  budget_micros: campaignFields.budgetMicros.optional(),
  minute_price_micros: campaignFields.minutePriceMicros.optional(),
  currency: campaignFields.currency.optional(),
};

const needed = {
  name: campaignFields.name,
  agent_id: z.uuid(),
  phone_numbers: z.array(e164).min(1, 'a campaign needs a number to call from').max(500),
};
export const campaignIn = z.object({ ...needed, ...optional }).meta({ id: 'CampaignCreate' });
export const campaignChangeIn = z
  .object({
    ...{ name: needed.name.optional(), agent_id: needed.agent_id.optional() },
    phone_numbers: needed.phone_numbers.optional(),
    ...optional,
    status: z
      .enum(wantedStatuses)
      .optional()
      .meta({ description: 'Starts, resumes, pauses, stops or archives; after the other fields.' }),
  })
  .meta({ id: 'CampaignChange' });

const capsOut = z.object({
  ...{ per_day: z.number().nullable(), per_week: z.number().nullable(), total: z.number().nullable() },
});
const windowsOut = z.record(z.string(), z.array(z.object({ from: z.string(), to: z.string() })));
const tryOut = z.object({
  ...{ most: z.number(), delay_ms: z.number(), jitter: z.number(), other_hour: z.boolean() },
});

export const campaignOut = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    workspace_id: z.uuid(),
    status: campaignStatus,
    status_reason: z.string(),
    agent_id: z.uuid(),
    phone_numbers: z.array(z.string()),
    ...{ start_at: when, end_at: when },
    rules: z.object({
      ...{ purpose: z.enum(['marketing', 'informational']), windows: windowsOut },
      ...{ holidays: z.array(z.string()), packs: z.array(z.string()), consent_required: z.boolean() },
      ...{ caps: capsOut, workspace_caps: capsOut },
    }),
    retries: z.object({
      ...{ max_attempts: z.number(), busy: tryOut, no_answer: tryOut, voicemail: tryOut },
      ...{ failed: tryOut, dropped: tryOut },
    }),
    weight: z.number(),
    max_concurrency: z.number().nullable(),
    calls_per_second: z.number().nullable(),
    local_presence: z.boolean(),
    live_calls: z.enum(['finish', 'drop']),
    machine_policy: campaignFields.machinePolicy,
    budget_micros: z.number().nullable(),
    minute_price_micros: z.number().nullable(),
    currency: z.string(),
    version: z.number().int(),
    ...{ created_at: z.iso.datetime(), updated_at: z.iso.datetime(), started_at: when, finished_at: when },
  })
  .meta({ id: 'Campaign' });

const count = z.number().int();

export const progressOut = z
  .object({
    status: campaignStatus,
    status_reason: z.string(),
    contacts: z.object({
      ...{ total: count, waiting: count, reserved: count, dialing: count },
      ...{ done: count, exhausted: count, blocked: count, canceled: count },
    }),
    blocked_by: z.record(z.string(), count).meta({
      description: 'Why those who are blocked are never called: how many for each reason, counted to 10 000.',
    }),
    live: z.object({ queued: count, dialing: count, active: count }),
    calls: z.object({
      ...{ dialed: count, answered: count, busy: count, no_answer: count, voicemail: count },
      ...{ failed: count, transferred: count, opted_out: count, talk_ms: count, cost_micros: count },
    }),
    abandon: z
      .object({
        live_answered: count,
        abandoned: count,
        share: z.number(),
        state: z.enum(['ok', 'slow', 'stop']),
      })
      .meta({ description: 'Over 30 days: answered by people, and no word of an agent within two seconds.' }),
    bottleneck: z.enum(bottlenecks),
    pace: z.number().nullable(),
    attempts_per_minute: z.number(),
    estimated_end_at: when,
  })
  .meta({ id: 'CampaignProgress' });

export const uploadOut = z
  .object({
    id: z.uuid(),
    campaign_id: z.uuid(),
    name: z.string(),
    state: z
      .enum(['receiving', 'broken', 'received', 'queued', 'importing', 'failed', 'done'])
      .meta({ description: 'received: it waits for a mapping; see `columns` and the retry route.' }),
    error: z.string().nullable(),
    columns: z.array(z.string()),
    mapping: z.record(z.string(), z.unknown()).nullable(),
    ...{ received_bytes: count, rows_done: count, rows_imported: count, rows_blocked: count },
    ...{ rows_failed: count, rows_duplicate: count },
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ContactUpload' });

const wireNames = {
  ...{ name: 'name', slug: 'slug', agentId: 'agent_id', fromNumbers: 'phone_numbers' },
  ...{ startsAt: 'start_at', endsAt: 'end_at', rules: 'rules', retries: 'retries', weight: 'weight' },
  ...{ maxConcurrency: 'max_concurrency', callsPerSecond: 'calls_per_second' },
  ...{ localPresence: 'local_presence', liveCalls: 'live_calls', currency: 'currency' },
  machinePolicy: 'machine_policy',
  ...{ minutePriceMicros: 'minute_price_micros', budgetMicros: 'budget_micros' },
};
/** Also as a change names them, whose fields are one level down. */
export const campaignWireNames: Readonly<Record<string, string>> = {
  ...wireNames,
  ...Object.fromEntries(Object.entries(wireNames).map(([ours, wire]) => [`change.${ours}`, wire])),
};

/** The settings of a request body as the operations spell them; what is left out is not there. */
export function settingsOf(body: Partial<z.output<typeof campaignChangeIn>>) {
  const { rules, retries } = body;
  return defined({
    ...{ name: body.name, slug: body.slug, agentId: body.agent_id, fromNumbers: body.phone_numbers },
    ...{ startsAt: body.start_at, endsAt: body.end_at, weight: body.weight },
    ...{ maxConcurrency: body.max_concurrency, callsPerSecond: body.calls_per_second },
    ...{ localPresence: body.local_presence, liveCalls: body.live_calls, currency: body.currency },
    machinePolicy: body.machine_policy,
    ...{ budgetMicros: body.budget_micros, minutePriceMicros: body.minute_price_micros },
    rules: rules && rulesOf(rules),
    retries: retries && retriesOf(retries),
  });
}

const rulesOf = ({ consent_required, caps, workspace_caps, ...rest }: z.output<typeof rulesIn>) =>
  ruleSettings.parse(
    defined({
      ...rest,
      consentRequired: consent_required,
      caps: caps && defined(caps),
      workspaceCaps: workspace_caps && defined(workspace_caps),
    }),
  );

function retriesOf({ max_attempts, no_answer, ...rest }: z.output<typeof retriesIn>) {
  const one = (given: z.output<typeof tryIn> | undefined) =>
    given &&
    defined({ most: given.most, delayMs: given.delay_ms, jitter: given.jitter, otherHour: given.other_hour });
  return retrySettings.parse(
    defined({
      ...{ maxAttempts: max_attempts, busy: one(rest.busy), noAnswer: one(no_answer) },
      ...{ voicemail: one(rest.voicemail), failed: one(rest.failed), dropped: one(rest.dropped) },
    }),
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}
