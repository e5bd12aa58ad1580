import type { z } from 'zod';
import type { LatencyOf, LatencyReport, Percentiles } from '../../../../core/reports/index.ts';
import { wireProvider } from '../providers.ts';
import type { latencyOut } from '../schemas/latency.ts';

export function presentLatencyReport(report: LatencyReport): z.input<typeof latencyOut> {
  return {
    start_datetime: report.startAt.toISOString(),
    end_datetime: report.endAt.toISOString(),
    latency: presentParts(report.latency),
    groups: report.groups.map(({ key, name, latency }) => ({ key, name, latency: presentParts(latency) })),
    worst: report.worst.map(({ latency, providers, ...turn }) => ({
      call_id: turn.callId,
      at: turn.at.toISOString(),
      agent_id: turn.agentId,
      agent_name: turn.agentName,
      phone_number: turn.phoneNumber,
      STT_provider: providers.stt,
      LLM_provider: wireProvider('LLM', providers.llm),
      TTS_provider: providers.tts,
      total_ms: latency.totalMs,
      transcription_ms: latency.transcriptionMs,
      end_of_turn_ms: latency.endOfTurnMs,
      llm_first_token_ms: latency.llmFirstTokenMs,
      tts_first_byte_ms: latency.ttsFirstByteMs,
      text: turn.text,
    })),
  };
}

const presentParts = (latency: LatencyOf) => ({
  total: presentPercentiles(latency.total),
  transcription: presentPercentiles(latency.transcription),
  end_of_turn: presentPercentiles(latency.endOfTurn),
  llm_first_token: presentPercentiles(latency.llmFirstToken),
  tts_first_byte: presentPercentiles(latency.ttsFirstByte),
});

const presentPercentiles = ({ count, p50Ms, p95Ms, p99Ms }: Percentiles) => ({
  turns: count,
  p50_ms: p50Ms,
  p95_ms: p95Ms,
  p99_ms: p99Ms,
});
