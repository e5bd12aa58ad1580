import type { z } from 'zod';
import type { VoiceSettings } from '../../../../core/agents/definition.ts';
import type { AgentDefinition, AgentWithDefinition } from '../../../../core/agents/index.ts';
import type { Context } from '../../../../core/context.ts';
import { hasRole } from '../../../../core/operation.ts';
import { wireProvider } from '../providers.ts';
import type { agentOut } from '../schemas/agent.ts';

interface Options {
  readonly publicUrl: string;
  /** Headers of custom functions carry keys; members see only their names. */
  readonly showHeaderValues: boolean;
}

function presentAgent(
  agent: AgentWithDefinition,
  { publicUrl, showHeaderValues }: Options,
): z.input<typeof agentOut> {
  const { llm, stt, tts, turns, ...rest } = agent.definition;
  const behaviour = presentBehaviour(agent.definition);
  return {
    id: agent.id,
    workspace_id: agent.workspaceId,
    agent_name: agent.name,
    phone_number: agent.phoneNumbers[0] ?? null,
    phone_numbers: agent.phoneNumbers,
    LLM_provider: wireProvider('LLM', llm.provider),
    LLM_model: llm.model,
    STT_provider: stt.provider,
    STT_model: stt.model,
    TTS_provider: tts.provider,
    TTS_model: tts.model,
    voice: tts.voice,
    language: rest.language,
    system_prompt: rest.systemPrompt,
    first_message: rest.firstMessage,
    speaks_first: rest.speaksFirst,
    temperature: llm.temperature,
    max_tokens: llm.maxTokens,
    max_call_duration: Math.round(rest.maxCallDurationMs / 1_000),
    interruptions: turns.interruptions,
    interrupt_after_ms: turns.interruptAfterMs,
    endpointing_min_ms: turns.endpointingMinMs,
    endpointing_max_ms: turns.endpointingMaxMs,
    transfer_to: rest.transferTo,
    variables: rest.variables,
    ...presentTools(agent.definition, showHeaderValues),
    ...behaviour,
    web_slug: agent.webSlug,
    talk_url: agent.webSlug === null ? null : `${publicUrl}/talk/${agent.webSlug}`,
    version: agent.version,
    created_at: agent.createdAt.toISOString(),
    updated_at: agent.updatedAt.toISOString(),
  };
}

function presentTools(
  { functions, builtIns, mcpServers, noteSchema, rememberThread }: AgentDefinition,
  showHeaderValues: boolean,
) {
  const shown = (headers: Readonly<Record<string, string>>) => (showHeaderValues ? headers : hidden(headers));
  return {
    custom_functions: functions.map(({ timeoutMs, waitTexts, waitAfterMs, maxResultBytes, ...fn }) => ({
      ...fn,
      headers: shown(fn.headers),
      timeout_ms: timeoutMs,
      wait_texts: waitTexts,
      wait_after_ms: waitAfterMs,
      max_result_bytes: maxResultBytes,
    })),
    built_in_functions: builtIns,
    mcp_servers: mcpServers.map(({ timeoutMs, maxResultBytes, ...server }) => ({
      ...server,
      headers: shown(server.headers),
      timeout_ms: timeoutMs,
      max_result_bytes: maxResultBytes,
    })),
    note_schema: noteSchema,
    remember_thread: rememberThread,
  };
}

const presentVoiceSettings = ({ similarityBoost, ...rest }: VoiceSettings) => ({
  ...rest,
  similarity_boost: similarityBoost,
});

function presentBehaviour(definition: AgentDefinition) {
  const { llm, stt, tts, idle, durationWarning, recording, voicemail, analysis, brain } = definition;
  return {
    webhook:
      brain.kind === 'webhook'
        ? {
            ...{ url: brain.url, credential: brain.credential },
            ...{ timeout_ms: brain.timeoutMs, fallback_text: brain.fallbackText },
          }
        : null,
    LLM_fallbacks: llm.fallbacks.map((one) => ({ ...one, provider: wireProvider('LLM', one.provider) })),
    STT_fallbacks: stt.fallbacks,
    TTS_fallbacks: tts.fallbacks,
    voice_settings: presentVoiceSettings(tts.settings),
    first_message_delay_ms: definition.firstMessageDelayMs,
    ai_disclosure: definition.disclosure,
    idle_prompt_after_ms: idle.promptAfterMs,
    idle_prompts: idle.prompts,
    idle_hang_up_after_ms: idle.hangUpAfterMs,
    duration_warning_ms: durationWarning.beforeMs,
    duration_warning_text: durationWarning.text,
    end_call_phrases: definition.endCallPhrases,
    transfer_targets: definition.transferTargets,
    handoff_targets: definition.handoffTargets.map(({ agentId, ...rest }) => ({
      ...rest,
      agent_id: agentId,
    })),
    recording_policy: recording.policy,
    recording_consent_line: recording.consentLine,
    voicemail_action: voicemail.action,
    voicemail_message: voicemail.message,
    voicemail_screening_line: voicemail.screeningLine,
    analysis_enabled: analysis.enabled,
    analysis_schema: analysis.schema,
    success_criteria: analysis.successCriteria,
  };
}

const hidden = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, '•••']));

/** An agent as whoever asks may see it. */
export const presentAgentFor = (ctx: Context, agent: AgentWithDefinition): z.input<typeof agentOut> =>
  presentAgent(agent, {
    publicUrl: ctx.services.publicUrl,
    showHeaderValues: hasRole(ctx.role, 'developer'),
  });
