import { z } from 'zod';
import { agentDefinition } from '../../../../core/agents/definition.ts';
import { phoneNumberField, webSlugField } from '../../../../core/fields.ts';
import { providerField } from '../providers.ts';
import { behaviourFields, behaviourOut, behaviourWireNames } from './agent-behaviour.ts';
import { toolFields, toolOut, toolWireNames } from './agent-tools.ts';

const is = agentDefinition.shape;
const [llm, stt, tts, turns] = [
  is.llm.unwrap().shape,
  is.stt.unwrap().shape,
  is.tts.unwrap().shape,
  is.turns.unwrap().shape,
];

const e164 = phoneNumberField.meta({ type: 'string', description: 'E.164', example: '+16505551234' });
const slug = webSlugField.meta({ type: 'string', description: 'Publishes the agent at /talk/{web_slug}.' });

/** Every field of an agent but its name, as document 002 spells them; those it does not have come after. */
const fields = z.object({
  phone_number: e164.nullish().meta({ type: ['string', 'null'] }),
  LLM_provider: providerField('LLM').optional(),
  LLM_model: llm.model.unwrap().optional(),
  STT_provider: providerField('STT').optional(),
  TTS_provider: providerField('TTS').optional(),
  system_prompt: is.systemPrompt.unwrap().optional(),
  first_message: is.firstMessage.unwrap().optional(),
  temperature: llm.temperature.unwrap().optional(),
  max_tokens: llm.maxTokens.unwrap().optional(),
  max_call_duration: z.number().int().min(10).max(14_400).optional().meta({ description: 'Seconds.' }),

  STT_model: stt.model.unwrap().optional(),
  TTS_model: tts.model.unwrap().optional(),
  voice: tts.voice.unwrap().optional(),
  language: is.language.unwrap().optional(),
  speaks_first: is.speaksFirst.unwrap().optional(),
  interruptions: turns.interruptions.unwrap().optional(),
  interrupt_after_ms: turns.interruptAfterMs.unwrap().optional(),
  endpointing_min_ms: turns.endpointingMinMs.unwrap().optional(),
  endpointing_max_ms: turns.endpointingMaxMs.unwrap().optional(),
  transfer_to: is.transferTo.unwrap().optional(),
  variables: is.variables.unwrap().optional(),
  web_slug: slug.nullish().meta({ type: ['string', 'null'] }),
  ...toolFields,
  ...behaviourFields,
});

const agentName = z.string().trim().min(1, 'must not be empty').max(200);

export const agentCreate = fields.extend({ agent_name: agentName }).meta({ id: 'AgentCreate' });
export const agentUpdate = fields.extend({ agent_name: agentName.optional() }).meta({ id: 'AgentUpdate' });
export type AgentFields = z.output<typeof agentUpdate>;

/** Where a refusal of the operation points, as the wire calls it. */
export const agentWireNames = {
  name: 'agent_name',
  phoneNumber: 'phone_number',
  webSlug: 'web_slug',
  'definition.llm.provider': 'LLM_provider',
  'definition.llm.model': 'LLM_model',
  'definition.llm.temperature': 'temperature',
  'definition.llm.maxTokens': 'max_tokens',
  'definition.stt.provider': 'STT_provider',
  'definition.stt.model': 'STT_model',
  'definition.tts.provider': 'TTS_provider',
  'definition.tts.model': 'TTS_model',
  'definition.tts.voice': 'voice',
  'definition.systemPrompt': 'system_prompt',
  'definition.firstMessage': 'first_message',
  'definition.speaksFirst': 'speaks_first',
  'definition.maxCallDurationMs': 'max_call_duration',
  'definition.transferTo': 'transfer_to',
  'definition.variables': 'variables',
  'definition.language': 'language',
  ...toolWireNames,
  ...behaviourWireNames,
  definition: 'agent',
};

export const agentOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    agent_name: z.string(),
    phone_number: z.string().nullable().meta({ description: 'The first of phone_numbers.' }),
    phone_numbers: z.array(z.string()),
    LLM_provider: z.string(),
    LLM_model: z.string(),
    STT_provider: z.string(),
    STT_model: z.string(),
    TTS_provider: z.string(),
    TTS_model: z.string(),
    voice: z.string(),
    language: z.string(),
    system_prompt: z.string(),
    first_message: z.string(),
    speaks_first: z.enum(['agent', 'caller', 'wait']),
    temperature: z.number(),
    max_tokens: z.number(),
    max_call_duration: z.number().meta({ description: 'Seconds.' }),
    interruptions: z.boolean(),
    interrupt_after_ms: z.number(),
    endpointing_min_ms: z.number(),
    endpointing_max_ms: z.number(),
    transfer_to: z.string(),
    variables: z.record(z.string(), z.string()),
    ...toolOut,
    ...behaviourOut,
    web_slug: z.string().nullable(),
    talk_url: z.string().nullable(),
    version: z.number().int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Agent' });
