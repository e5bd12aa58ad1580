import { z } from 'zod';
import { dispositions } from '../../../../core/dispositions.ts';
import { intParam } from '../../../http/params.ts';
import { analysisOut } from './analysis.ts';
import { moment } from './moment.ts';
import { recordingOut } from './recording.ts';

export const callFilters = z
  .object({
    call_type: z.enum(['web', 'phone']).optional(),
    call_direction: z.enum(['inbound', 'outbound']).optional(),
    agent_id: z.uuid().optional(),
    disposition: z.enum(dispositions).optional(),
    start_datetime: moment('start').optional(),
    end_datetime: moment('end').optional(),
    batch_id: z.uuid().optional(),
  })
  .refine(({ start_datetime: start, end_datetime: end }) => !start || !end || start <= end, {
    path: ['end_datetime'],
    message: 'must not be before start_datetime',
  });

export const callPageFilters = callFilters
  .safeExtend({
    page: intParam({ min: 1, max: 1_000_000, fallback: 1 }),
    page_size: intParam({ min: 1, max: 100, fallback: 25 }),
    cursor: z.string().min(1).max(500).optional().meta({
      description: '`next_cursor` of the page before, with the same filters and instead of `page`.',
    }),
  })
  .refine(({ page, cursor }) => cursor === undefined || page === 1, {
    path: ['page'],
    message: 'cannot be chosen together with cursor',
  });

const when = z.iso.datetime().nullable();

const callCost = z.object({
  currency: z.string(),
  micros: z.number().int().meta({ description: 'Millionths of the currency; the sum of the known parts.' }),
  is_complete: z.boolean().meta({ description: 'False: some part’s price or quantity is not known.' }),
});

export const callOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    agent_id: z.uuid(),
    agent_name: z.string(),
    agent_version_id: z.uuid().meta({ description: 'What the agent was when the call was made.' }),
    call_type: z.enum(['web', 'phone']),
    call_direction: z.enum(['inbound', 'outbound']),
    status: z.enum(['queued', 'dialing', 'ringing', 'active', 'ended']),
    disposition: z.enum(dispositions).nullable().meta({ description: 'Null until the call is finalized.' }),
    from_number: z.string().nullable(),
    to_number: z.string().nullable(),
    dynamic_variables: z.record(z.string(), z.string()),
    missing_variables: z
      .array(z.string())
      .meta({ description: 'Names the agent uses that had no value; each became empty.' }),
    room: z.string(),
    batch_id: z.uuid().nullable(),
    created_at: z.iso.datetime(),
    dialed_at: when,
    answered_at: when,
    first_word_at: when,
    ended_at: when,
    finalized_at: when,
    duration: z.number().nullable().meta({ description: 'Seconds from answer to end.' }),
    answer_to_first_word_ms: z.number().nullable(),
    end_reason: z.string().nullable(),
    end_detail: z.string().nullable(),
    sip_status: z.number().int().nullable(),
    sip_reason: z.string().nullable(),
    turn_count: z.number().int(),
    cost: callCost.nullable().meta({
      description:
        'Of recognising, thinking and speaking, by list prices. Null: not finalized yet, or an older call.',
    }),
  })
  .meta({ id: 'Call' });

const ms = z.number().nullable();

const latency = z
  .object({
    transcription_ms: ms.meta({ description: 'End of speech → final transcript.' }),
    end_of_turn_ms: ms.meta({ description: 'End of speech → end of turn decided.' }),
    llm_first_token_ms: ms.meta({ description: 'Request → first token.' }),
    tts_first_byte_ms: ms.meta({ description: 'First text → first audio byte.' }),
    total_ms: ms.meta({ description: 'End of speech → agent audible.' }),
  })
  .meta({ id: 'TurnLatency' });

export const callDetailOut = callOut
  .extend({
    cost: callCost
      .extend({
        price_version: z.string(),
        parts: z.array(
          z.object({
            stage: z.enum(['stt', 'llm', 'tts']),
            provider: z.string().meta({ description: '`local`: this machine, which costs nothing.' }),
            model: z.string(),
            unit: z.enum(['input_tokens', 'cached_input_tokens', 'output_tokens', 'audio_ms', 'characters']),
            quantity: z.number(),
            micros: z.number().int().nullable().meta({ description: 'Null: the price is not known.' }),
          }),
        ),
      })
      .meta({ id: 'CallCost' })
      .nullable(),
    recording: recordingOut.nullable().meta({ description: 'Null: the call was not recorded.' }),
    transcript: z.array(
      z.object({
        role: z.enum(['user', 'agent']),
        text: z.string(),
        started_at: z.iso.datetime(),
        ended_at: z.iso.datetime(),
        interrupted: z.boolean(),
        latency: latency.nullable(),
      }),
    ),
    latency: z
      .object({ measured_turns: z.number().int(), p50_ms: ms, p95_ms: ms, max_ms: ms })
      .meta({ description: 'Over total_ms of the agent’s turns.' }),
    notes: z
      .array(z.object({ at: z.iso.datetime(), fields: z.record(z.string(), z.unknown()) }))
      .meta({ description: 'What the agent has noted, by its note schema.' }),
    events: z.array(
      z
        .object({
          epoch: z.number().int(),
          seq: z.number().int(),
          type: z.string(),
          at: z.iso.datetime(),
          data: z.record(z.string(), z.unknown()),
        })
        .meta({ id: 'CallEvent' }),
    ),
    analysis: analysisOut
      .nullable()
      .meta({ description: 'The last finished run; while there is none, the one under way.' }),
  })
  .meta({ id: 'CallDetail' });
