import { and, desc, eq, isNotNull, type SQL, sql } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { callEvents } from '../../db/schema/call-events.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { turnLatencies as turns } from '../../db/schema/turn-latencies.ts';
import type { TurnLatency } from '../calls/events.ts';
import type { WorkspaceContext } from '../context.ts';

export interface WorstTurn {
  readonly callId: string;
  readonly at: Date;
  readonly agentId: string;
  readonly agentName: string;
  /** E.164; null: a web call, or the number is gone. */
  readonly phoneNumber: string | null;
  readonly providers: { readonly stt: string; readonly llm: string; readonly tts: string };
  readonly latency: TurnLatency;
  /** What the agent said in it. */
  readonly text: string;
}

/** The slowest of the turns that fit, slowest first, with what they were made of. */
export async function worstTurns(
  ctx: WorkspaceContext,
  where: SQL | undefined,
  limit: number,
): Promise<WorstTurn[]> {
  // Chosen before anything is joined: the joins then read `limit` rows.
  const slowest = ctx.db
    .select()
    .from(turns)
    .where(and(where, isNotNull(turns.totalMs)))
    .orderBy(desc(turns.totalMs))
    .limit(limit)
    .as('slowest');
  const rows = await ctx.db
    .select({
      turn: {
        ...{ callId: slowest.callId, at: slowest.at, agentId: slowest.agentId },
        ...{ stt: slowest.sttProvider, llm: slowest.llmProvider, tts: slowest.ttsProvider },
        transcriptionMs: slowest.transcriptionMs,
        endOfTurnMs: slowest.endOfTurnMs,
        llmFirstTokenMs: slowest.llmFirstTokenMs,
        ttsFirstByteMs: slowest.ttsFirstByteMs,
        totalMs: slowest.totalMs,
      },
      agentName: agents.name,
      phoneNumber: phoneNumbers.e164,
      text: sql<string | null>`${callEvents.data}->>'text'`,
    })
    .from(slowest)
    .innerJoin(agents, eq(agents.id, slowest.agentId))
    .leftJoin(phoneNumbers, eq(phoneNumbers.id, slowest.phoneNumberId))
    .leftJoin(
      callEvents,
      and(
        eq(callEvents.callId, slowest.callId),
        eq(callEvents.epoch, slowest.epoch),
        eq(callEvents.seq, slowest.seq),
      ),
    )
    .orderBy(desc(slowest.totalMs), desc(slowest.at));
  return rows.map(({ turn: { callId, at, agentId, stt, llm, tts, ...latency }, agentName, ...of }) => ({
    ...{ callId, at, agentId, agentName, latency },
    phoneNumber: of.phoneNumber,
    providers: { stt, llm, tts },
    text: of.text ?? '',
  }));
}
