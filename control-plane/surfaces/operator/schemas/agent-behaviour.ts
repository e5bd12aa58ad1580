import { z } from 'zod';
import {
  agentDefinition,
  handoffTarget,
  transferTarget,
  voiceSettings,
} from '../../../../core/agents/definition.ts';
import { providerField } from '../providers.ts';

const is = agentDefinition.shape;
const [idle, warning, recording, voicemail, analysis] = [
  is.idle.unwrap().shape,
  is.durationWarning.unwrap().shape,
  is.recording.unwrap().shape,
  is.voicemail.unwrap().shape,
  is.analysis.unwrap().shape,
];
const { speed, stability, similarityBoost, style } = voiceSettings.shape;
const model = is.llm.unwrap().shape.model;
const [, hook] = is.brain.unwrap().options;
const webhook = hook.shape;
const listed = <T extends z.ZodType>(one: T) => z.array(one).max(5).optional();

/** What document 002 does not have: how an agent behaves at the edges of a call. */
export const behaviourFields = {
  LLM_fallbacks: listed(z.object({ provider: providerField('LLM'), model })),
  STT_fallbacks: listed(z.object({ provider: providerField('STT'), model })),
  TTS_fallbacks: listed(z.object({ provider: providerField('TTS'), model, voice: model })),
  voice_settings: z.object({ speed, stability, similarity_boost: similarityBoost, style }).optional().meta({
    description:
      'As a whole. 1 is the pace of the voice; the others are those of ElevenLabs, null leaves them to it.',
  }),
  webhook: z
    .object({
      url: webhook.url,
      credential: webhook.credential.unwrap().optional(),
      timeout_ms: webhook.timeoutMs.unwrap().optional(),
      fallback_text: webhook.fallbackText.unwrap().optional(),
    })
    .nullish()
    .meta({ description: 'A server of yours that answers instead of the language model. null: the model.' }),
  first_message_delay_ms: is.firstMessageDelayMs.unwrap().optional(),
  ai_disclosure: is.disclosure.unwrap().optional(),
  idle_prompt_after_ms: idle.promptAfterMs.unwrap().optional(),
  idle_prompts: idle.prompts.unwrap().optional(),
  idle_hang_up_after_ms: idle.hangUpAfterMs.unwrap().optional().meta({ description: '0: never.' }),
  duration_warning_ms: warning.beforeMs
    .unwrap()
    .optional()
    .meta({ description: 'Before the time is up. 0: no warning.' }),
  duration_warning_text: warning.text.unwrap().optional(),
  end_call_phrases: is.endCallPhrases.unwrap().optional(),
  transfer_targets: z.array(transferTarget).max(50).optional(),
  handoff_targets: z
    .array(z.object({ name: model, agent_id: z.uuid(), description: handoffTarget.shape.description }))
    .max(20)
    .optional(),
  recording_policy: recording.policy.unwrap().optional(),
  recording_consent_line: recording.consentLine.unwrap().optional(),
  voicemail_action: voicemail.action.unwrap().optional(),
  voicemail_message: voicemail.message.unwrap().optional(),
  voicemail_screening_line: voicemail.screeningLine.unwrap().optional(),
  analysis_enabled: analysis.enabled.unwrap().optional(),
  analysis_schema: analysis.schema.unwrap().optional().meta({ description: 'JSON Schema of an object.' }),
  success_criteria: analysis.successCriteria.unwrap().optional(),
};

const fallbackOut = z.object({ provider: z.string(), model: z.string() });

export const behaviourOut = {
  LLM_fallbacks: z.array(fallbackOut),
  STT_fallbacks: z.array(fallbackOut),
  TTS_fallbacks: z.array(fallbackOut.extend({ voice: z.string() })),
  voice_settings: z.object({
    speed: z.number(),
    stability: z.number().nullable(),
    similarity_boost: z.number().nullable(),
    style: z.number().nullable(),
  }),
  webhook: z
    .object({ url: z.string(), credential: z.string(), timeout_ms: z.number(), fallback_text: z.string() })
    .nullable(),
  first_message_delay_ms: z.number(),
  ai_disclosure: z.string(),
  idle_prompt_after_ms: z.number(),
  idle_prompts: z.array(z.string()),
  idle_hang_up_after_ms: z.number(),
  duration_warning_ms: z.number(),
  duration_warning_text: z.string(),
  end_call_phrases: z.array(z.string()),
  transfer_targets: z.array(
    z.object({ name: z.string(), number: z.string(), description: z.string(), mode: z.string() }),
  ),
  handoff_targets: z.array(z.object({ name: z.string(), agent_id: z.uuid(), description: z.string() })),
  recording_policy: recording.policy.unwrap(),
  recording_consent_line: z.string(),
  voicemail_action: voicemail.action.unwrap(),
  voicemail_message: z.string(),
  voicemail_screening_line: z.string(),
  analysis_enabled: z.boolean(),
  analysis_schema: z.record(z.string(), z.unknown()),
  success_criteria: z.string(),
};

export const behaviourWireNames = {
  'definition.llm.fallbacks': 'LLM_fallbacks',
  'definition.stt.fallbacks': 'STT_fallbacks',
  'definition.tts.fallbacks': 'TTS_fallbacks',
  'definition.tts.settings': 'voice_settings',
  'definition.brain': 'webhook',
  'definition.turns.interruptions': 'interruptions',
  'definition.turns.interruptAfterMs': 'interrupt_after_ms',
  'definition.turns.endpointingMinMs': 'endpointing_min_ms',
  'definition.turns.endpointingMaxMs': 'endpointing_max_ms',
  'definition.firstMessageDelayMs': 'first_message_delay_ms',
  'definition.disclosure': 'ai_disclosure',
  'definition.idle.promptAfterMs': 'idle_prompt_after_ms',
  'definition.idle.prompts': 'idle_prompts',
  'definition.idle.hangUpAfterMs': 'idle_hang_up_after_ms',
  'definition.durationWarning.beforeMs': 'duration_warning_ms',
  'definition.durationWarning.text': 'duration_warning_text',
  'definition.endCallPhrases': 'end_call_phrases',
  'definition.transferTargets': 'transfer_targets',
  'definition.handoffTargets': 'handoff_targets',
  'definition.recording.policy': 'recording_policy',
  'definition.recording.consentLine': 'recording_consent_line',
  'definition.voicemail.action': 'voicemail_action',
  'definition.voicemail.message': 'voicemail_message',
  'definition.voicemail.screeningLine': 'voicemail_screening_line',
  'definition.analysis.enabled': 'analysis_enabled',
  'definition.analysis.schema': 'analysis_schema',
  'definition.analysis.successCriteria': 'success_criteria',
};
