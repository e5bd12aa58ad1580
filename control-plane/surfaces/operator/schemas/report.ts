import { z } from 'zod';
import { dispositions } from '../../../../core/dispositions.ts';
import { dispositionGroups, summaryGroups, timeGroups, zoneField } from '../../../../core/reports/index.ts';
import { intParam } from '../../../http/params.ts';
import { zonedMoment } from './moment.ts';
import { e164 } from './number.ts';

const filters = z.object({
  start_datetime: zonedMoment('start').optional(),
  end_datetime: zonedMoment('end').optional(),
  timezone: zoneField.default('UTC').meta({ description: 'IANA name; days begin at its midnight.' }),
  agent_id: z.uuid().optional(),
  phone_number: e164
    .optional()
    .meta({ description: 'The number of yours that the call came in on or went out from.' }),
  call_type: z.enum(['web', 'phone']).optional(),
  call_direction: z.enum(['inbound', 'outbound']).optional(),
  disposition: z.enum(dispositions).optional(),
  batch_id: z.uuid().optional().meta({ description: 'Of a batch or a campaign.' }),
});

const paged = filters.extend({
  page: intParam({ min: 1, max: 1_000_000, fallback: 1 }),
  page_size: intParam({ min: 1, max: 100, fallback: 25 }),
});

export const dashboardFilters = filters.extend({ group_by: z.enum(timeGroups).optional() });
export const callSummaryFilters = paged.extend({ group_by: z.enum(summaryGroups).default('day') });
export const dispositionSummaryFilters = paged.extend({ group_by: z.enum(dispositionGroups).optional() });

/** What the operations take, from what the wire says. */
export const filterOf = (query: z.output<typeof filters>) => ({
  startAt: query.start_datetime?.(query.timezone),
  endAt: query.end_datetime?.(query.timezone),
  timezone: query.timezone,
  agentId: query.agent_id,
  phoneNumber: query.phone_number,
  channel: query.call_type,
  direction: query.call_direction,
  disposition: query.disposition,
  campaignId: query.batch_id,
});

export const reportWireNames = {
  startAt: 'start_datetime',
  endAt: 'end_datetime',
  groupBy: 'group_by',
  pageSize: 'page_size',
};

const share = z.number().nullable();
const sums = z
  .object({
    calls: z.number().int(),
    inbound: z.number().int(),
    outbound: z.number().int(),
    web: z.number().int(),
    answered: z.number().int(),
    answer_rate: share.meta({ description: 'answered / calls; null without calls.' }),
    duration: z.number().meta({ description: 'Seconds from answer to end, all calls together.' }),
    average_duration: z.number().nullable().meta({ description: 'Seconds, over the answered ones.' }),
    average_turns: z.number().nullable().meta({ description: 'Over the answered ones.' }),
    average_answer_to_first_word_ms: z.number().nullable(),
  })
  .meta({ id: 'CallSums' });

const when = z.iso.datetime({ offset: true });
const frame = {
  start_datetime: when,
  end_datetime: when.meta({ description: 'The last moment that counts.' }),
  timezone: z.string(),
  totals: sums,
  previous: z
    .object({
      start_datetime: when,
      end_datetime: when,
      totals: sums,
      change: z
        .object({
          calls: share,
          answered: share,
          duration: share,
        })
        .meta({ description: '0.25 is a quarter more than before; null: there was nothing before.' }),
    })
    .meta({ description: 'The stretch of the same length right before.' }),
};

const page = {
  total: z.number().int(),
  page: z.number().int(),
  page_size: z.number().int(),
  has_next: z.boolean(),
  has_prev: z.boolean(),
};

const ofTime = sums.extend({ start: when.meta({ description: 'In the zone asked for.' }) });
const ofKey = sums.extend({
  key: z
    .string()
    .nullable()
    .meta({ description: 'Id of the agent, or the number; null: calls without a number.' }),
  name: z.string().nullable(),
});
const group = ofKey.extend({ start: when.nullable() });

const dispositionCount = z.object({
  disposition: z.string(),
  calls: z.number().int(),
  share: share,
});

export const dashboardOut = z
  .object({
    ...frame,
    group_by: z.enum(timeGroups),
    series: z.array(ofTime),
    dispositions: z.array(dispositionCount),
    agents: z.array(ofKey).meta({ description: 'The ten with the most calls.' }),
    numbers: z.array(ofKey).meta({ description: 'The ten with the most calls.' }),
    now: z
      .object({
        active: z.number().int(),
        ringing: z.number().int(),
        dialing: z.number().int(),
        queued: z.number().int(),
      })
      .meta({ description: 'Calls that are not over; they are in no other figure.' }),
  })
  .meta({ id: 'Dashboard' });

export const callSummaryOut = z
  .object({ ...frame, group_by: z.enum(summaryGroups), items: z.array(group), ...page })
  .meta({ id: 'CallSummary' });

export const dispositionSummaryOut = z
  .object({
    ...frame,
    dispositions: z.array(
      dispositionCount.extend({
        average_duration: z.number().nullable(),
        previous_calls: z.number().int(),
        change: share,
      }),
    ),
    group_by: z.enum(dispositionGroups).nullable(),
    items: z
      .array(group.extend({ dispositions: z.record(z.string(), z.number().int()) }))
      .meta({ description: 'Empty without `group_by`.' }),
    ...page,
  })
  .meta({ id: 'DispositionSummary' });
