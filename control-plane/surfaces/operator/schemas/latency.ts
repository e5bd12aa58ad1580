import { z } from 'zod';
import { latencyGroups } from '../../../../core/reports/index.ts';
import { intParam } from '../../../http/params.ts';
import { providerField } from '../providers.ts';
import { moment } from './moment.ts';

export const latencyFilters = z
  .object({
    start_datetime: moment('start').optional(),
    end_datetime: moment('end').optional(),
    agent_id: z.uuid().optional(),
    phone_number: z.string().trim().max(32).optional().meta({ description: 'Of the trunk, E.164.' }),
    STT_provider: providerField('STT').optional(),
    LLM_provider: providerField('LLM').optional(),
    TTS_provider: providerField('TTS').optional(),
    group_by: z.enum(latencyGroups).optional(),
    worst: intParam({ min: 0, max: 100, fallback: 10 }),
  })
  .refine(({ start_datetime: start, end_datetime: end }) => !start || !end || start <= end, {
    path: ['end_datetime'],
    message: 'must not be before start_datetime',
  });

const ms = z.number().nullable();

const percentiles = z
  .object({ turns: z.number().int(), p50_ms: ms, p95_ms: ms, p99_ms: ms })
  .meta({ id: 'Percentiles', description: 'Nearest rank: each is a value that was measured.' });

const parts = z
  .object({
    total: percentiles,
    transcription: percentiles,
    end_of_turn: percentiles,
    llm_first_token: percentiles,
    tts_first_byte: percentiles,
  })
  .meta({ id: 'LatencyPercentiles', description: 'The parts of a turn, as in `latency` of a call’s turns.' });

const worstTurn = z
  .object({
    call_id: z.uuid(),
    at: z.iso.datetime(),
    agent_id: z.uuid(),
    agent_name: z.string(),
    phone_number: z.string().nullable(),
    STT_provider: z.string(),
    LLM_provider: z.string(),
    TTS_provider: z.string(),
    total_ms: ms,
    transcription_ms: ms,
    end_of_turn_ms: ms,
    llm_first_token_ms: ms,
    tts_first_byte_ms: ms,
    text: z.string().meta({ description: 'What the agent said.' }),
  })
  .meta({ id: 'WorstTurn' });

export const latencyOut = z
  .object({
    start_datetime: z.iso.datetime(),
    end_datetime: z.iso.datetime(),
    latency: parts,
    groups: z
      .array(
        z.object({
          key: z.string().nullable().meta({ description: 'Null: web calls, or a number that is gone.' }),
          name: z.string().nullable(),
          latency: parts,
        }),
      )
      .meta({ description: 'The one with the most turns first; empty without `group_by`.' }),
    worst: z.array(worstTurn),
  })
  .meta({ id: 'LatencyReport' });
