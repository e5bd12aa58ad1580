import { type AgentDefinition, webhookBrain } from '../../../core/agents/definition.ts';
import { defaultModel } from './providers.ts';
import type { AgentFields } from './schemas/agent.ts';
import type { FunctionFields } from './schemas/agent-tools.ts';

/** The wire's flat fields as parts of a definition; only what was sent. */
export function definitionOf(fields: AgentFields, current?: AgentDefinition) {
  return compact({
    language: fields.language,
    systemPrompt: fields.system_prompt,
    firstMessage: fields.first_message,
    speaksFirst: fields.speaks_first,
    llm: compact({
      ...providerAndModel('LLM', fields.LLM_provider, fields.LLM_model, current?.llm.provider),
      temperature: fields.temperature,
      maxTokens: fields.max_tokens,
      fallbacks: fields.LLM_fallbacks,
    }),
    stt: compact({
      ...providerAndModel('STT', fields.STT_provider, fields.STT_model, current?.stt.provider),
      fallbacks: fields.STT_fallbacks,
    }),
    tts: compact({
      ...providerAndModel('TTS', fields.TTS_provider, fields.TTS_model, current?.tts.provider),
      voice: fields.voice,
      settings: fields.voice_settings && voiceSettingsOf(fields.voice_settings),
      fallbacks: fields.TTS_fallbacks,
    }),
    turns: compact({
      interruptions: fields.interruptions,
      interruptAfterMs: fields.interrupt_after_ms,
      endpointingMinMs: fields.endpointing_min_ms,
      endpointingMaxMs: fields.endpointing_max_ms,
    }),
    maxCallDurationMs: fields.max_call_duration === undefined ? undefined : fields.max_call_duration * 1_000,
    transferTo: fields.transfer_to,
    variables: fields.variables,
    ...toolsOf(fields),
    ...behaviourOf(fields),
  });
}

const voiceSettingsOf = ({ similarity_boost, ...rest }: NonNullable<AgentFields['voice_settings']>) => ({
  ...rest,
  similarityBoost: similarity_boost,
});

function toolsOf(fields: AgentFields) {
  return {
    functions: fields.custom_functions?.map(functionOf),
    builtIns: fields.built_in_functions,
    mcpServers: fields.mcp_servers?.map(({ timeout_ms, max_result_bytes, ...rest }) => ({
      ...rest,
      timeoutMs: timeout_ms,
      maxResultBytes: max_result_bytes,
    })),
    noteSchema: fields.note_schema,
    rememberThread: fields.remember_thread,
  };
}

const functionOf = ({
  timeout_ms,
  wait_texts,
  wait_after_ms,
  max_result_bytes,
  ...rest
}: FunctionFields) => ({
  ...rest,
  timeoutMs: timeout_ms,
  waitTexts: wait_texts,
  waitAfterMs: wait_after_ms,
  maxResultBytes: max_result_bytes,
});

function brainOf(webhook: AgentFields['webhook']) {
  if (!webhook) return webhook === null ? ({ kind: 'managed' } as const) : undefined;
  const { timeout_ms, fallback_text, ...rest } = webhook;
  return webhookBrain.parse({ kind: 'webhook', ...rest, timeoutMs: timeout_ms, fallbackText: fallback_text });
}

function behaviourOf(fields: AgentFields) {
  return {
    brain: brainOf(fields.webhook),
    firstMessageDelayMs: fields.first_message_delay_ms,
    disclosure: fields.ai_disclosure,
    idle: compact({
      promptAfterMs: fields.idle_prompt_after_ms,
      prompts: fields.idle_prompts,
      hangUpAfterMs: fields.idle_hang_up_after_ms,
    }),
    durationWarning: compact({ beforeMs: fields.duration_warning_ms, text: fields.duration_warning_text }),
    endCallPhrases: fields.end_call_phrases,
    transferTargets: fields.transfer_targets,
    handoffTargets: fields.handoff_targets?.map(({ agent_id, ...rest }) => ({ ...rest, agentId: agent_id })),
    recording: compact({ policy: fields.recording_policy, consentLine: fields.recording_consent_line }),
    voicemail: compact({
      action: fields.voicemail_action,
      message: fields.voicemail_message,
      screeningLine: fields.voicemail_screening_line,
    }),
    analysis: compact({
      enabled: fields.analysis_enabled,
      schema: fields.analysis_schema,
      successCriteria: fields.success_criteria,
    }),
  };
}

/** Another provider does not know the model of the one before: it gets its own default unless a model is named. */
function providerAndModel(
  kind: 'LLM' | 'STT' | 'TTS',
  provider: string | undefined,
  model: string | undefined,
  current: string | undefined,
) {
  if (provider === undefined || provider === current) return { provider, model };
  return { provider, model: model ?? defaultModel(kind, provider) };
}

type Compact<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined: a patch must not name what it does not change. */
function compact<T extends object>(record: T): Compact<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Compact<T>;
}
