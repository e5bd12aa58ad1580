import { eq } from 'drizzle-orm';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { turnLatencies } from '../../db/schema/turn-latencies.ts';
import { agentDefinition } from '../agents/definition.ts';
import type { OperationContext } from '../context.ts';
import type { Call } from './call.ts';
import type { CallEvent } from './events.ts';

/** A clock that jumped measures hours; such a figure would only spoil the percentiles. */
const longestMs = 600_000;

/** Writes the measured agent turns among some events of one call, in the form that reports read. Idempotent. */
export async function recordTurns(
  ctx: OperationContext,
  call: Call,
  events: readonly CallEvent[],
): Promise<void> {
  const turns = events.flatMap((event) =>
    event.callId === call.id && event.type === 'agent.turn' && event.latency !== null
      ? [{ event, latency: event.latency, by: event.providers }]
      : [],
  );
  if (turns.length === 0) return;
  const planned = turns.every(({ by }) => by !== undefined) ? undefined : await providersOf(ctx, call);
  const rows = turns.flatMap(({ event: { epoch, seq, at }, latency, by }) => {
    const providers = by ?? planned;
    if (providers === undefined) return [];
    return {
      ...{ callId: call.id, epoch, seq, at: new Date(at) },
      ...{ workspaceId: call.workspaceId, agentId: call.agentId, phoneNumberId: call.phoneNumberId },
      sttProvider: providers.stt,
      llmProvider: providers.llm,
      ttsProvider: providers.tts,
      totalMs: whole(latency.totalMs),
      transcriptionMs: whole(latency.transcriptionMs),
      endOfTurnMs: whole(latency.endOfTurnMs),
      llmFirstTokenMs: whole(latency.llmFirstTokenMs),
      ttsFirstByteMs: whole(latency.ttsFirstByteMs),
    };
  });
  if (rows.length > 0) await ctx.db.insert(turnLatencies).values(rows).onConflictDoNothing();
}

const whole = (ms: number | null): number | null =>
  ms === null || ms < 0 || ms > longestMs ? null : Math.round(ms);

/** As the agent's version names them: what the turn used unless it says otherwise. */
async function providersOf(
  ctx: OperationContext,
  call: Call,
): Promise<{ stt: string; llm: string; tts: string } | undefined> {
  const [version] = await ctx.db
    .select({ definition: agentVersions.definition })
    .from(agentVersions)
    .where(eq(agentVersions.id, call.agentVersionId));
  const { success, data } = agentDefinition.safeParse(version?.definition);
  return success ? { stt: data.stt.provider, llm: data.llm.provider, tts: data.tts.provider } : undefined;
}
