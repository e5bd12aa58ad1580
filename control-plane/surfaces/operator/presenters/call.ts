import type { z } from 'zod';
import type {
  CallEvent,
  CallListItem,
  CallWithTranscript,
  TurnLatency,
} from '../../../../core/calls/index.ts';
import { isRecord } from '../../../../platform/is-record.ts';
import type { callDetailOut, callOut } from '../schemas/call.ts';
import { presentAnalysis } from './analysis.ts';
import { presentRecording } from './recording.ts';

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export function presentCall(call: CallListItem): z.input<typeof callOut> {
  return {
    id: call.id,
    workspace_id: call.workspaceId,
    agent_id: call.agentId,
    agent_name: call.agentName,
    agent_version_id: call.agentVersionId,
    call_type: call.channel,
    call_direction: call.direction,
    status: call.status,
    disposition: call.disposition,
    from_number: call.fromNumber,
    to_number: call.toNumber,
    dynamic_variables: call.variables,
    missing_variables: call.missingVariables,
    room: call.roomName,
    batch_id: call.campaignId,
    created_at: call.createdAt.toISOString(),
    dialed_at: iso(call.dialedAt),
    answered_at: iso(call.answeredAt),
    first_word_at: iso(call.firstWordAt),
    ended_at: iso(call.endedAt),
    finalized_at: iso(call.finalizedAt),
    duration: call.durationMs === null ? null : call.durationMs / 1_000,
    answer_to_first_word_ms:
      call.answeredAt === null || call.firstWordAt === null
        ? null
        : Math.max(0, call.firstWordAt.getTime() - call.answeredAt.getTime()),
    end_reason: call.endReason,
    end_detail: call.endDetail,
    sip_status: call.sipStatus,
    sip_reason: call.sipReason,
    turn_count: call.turnCount,
    cost: call.cost === null ? null : presentCost(call.cost),
  };
}

export function presentCallDetail(
  { call, agentName, transcript, events, analysis, recording }: CallWithTranscript,
  publicUrl: string,
): z.input<typeof callDetailOut> {
  return {
    ...presentCall({ ...call, agentName }),
    cost:
      call.cost === null
        ? null
        : { ...presentCost(call.cost), price_version: call.cost.version, parts: [...call.cost.parts] },
    recording: recording && presentRecording(recording, call.id, publicUrl),
    transcript: transcript.map((turn) => ({
      role: turn.role,
      text: turn.text,
      started_at: turn.startedAt.toISOString(),
      ended_at: turn.endedAt.toISOString(),
      interrupted: turn.interrupted,
      latency: turn.latency === null ? null : presentLatency(turn.latency),
    })),
    latency: summary(transcript.flatMap((turn) => turn.latency?.totalMs ?? [])),
    notes: events.flatMap((event) =>
      event.type === 'note.taken' ? [{ at: new Date(event.at).toISOString(), fields: event.fields }] : [],
    ),
    events: events.map(presentEvent),
    analysis: analysis === null ? null : presentAnalysis(analysis),
  };
}

const presentCost = ({ currency, micros, isComplete }: NonNullable<CallListItem['cost']>) => ({
  currency,
  micros,
  is_complete: isComplete,
});

export function presentEvent({ callId: _callId, epoch, seq, type, at, ...data }: CallEvent) {
  return { epoch, seq, type, at: new Date(at).toISOString(), data: snakeKeys(data) };
}

const presentLatency = (latency: TurnLatency) => ({
  transcription_ms: latency.transcriptionMs,
  end_of_turn_ms: latency.endOfTurnMs,
  llm_first_token_ms: latency.llmFirstTokenMs,
  tts_first_byte_ms: latency.ttsFirstByteMs,
  total_ms: latency.totalMs,
});

function summary(totals: readonly number[]) {
  const sorted = totals.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { measured_turns: sorted.length, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: sorted.at(-1) ?? null };
}

/** Our own field names only: what a tool got or answered, and SIP attributes, keep their spelling. */
function snakeKeys(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      key === 'latency' && isRecord(value) ? snakeKeys(value) : value,
    ]),
  );
}
