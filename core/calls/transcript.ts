import { asc, eq } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { callEvents } from '../../db/schema/call-events.ts';
import { type CallEvent, callEvent, type TurnLatency } from './events.ts';

export interface TranscriptTurn {
  readonly role: 'user' | 'agent';
  readonly text: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly interrupted: boolean;
  /** Null for what the person said, and where nothing was measured. */
  readonly latency: TurnLatency | null;
}

/** Everything that any worker reported about a call, in the order in which it happened. */
export async function readEvents(db: Database | Transaction, callId: string): Promise<CallEvent[]> {
  const rows = await db
    .select()
    .from(callEvents)
    .where(eq(callEvents.callId, callId))
    .orderBy(asc(callEvents.at), asc(callEvents.epoch), asc(callEvents.seq));
  return rows.map(toEvent);
}

export const toEvent = (row: typeof callEvents.$inferSelect): CallEvent =>
  callEvent.parse({
    ...(row.data as object),
    callId: row.callId,
    epoch: row.epoch,
    seq: row.seq,
    type: row.type,
    at: row.at.getTime(),
  });

/** The conversation across all workers that had the call, by the time at which each turn began. */
export function transcriptOf(events: readonly CallEvent[]): TranscriptTurn[] {
  const turns = events.flatMap((event): TranscriptTurn[] => {
    if (event.type === 'user.turn')
      return [{ role: 'user', text: event.text, ...spanOf(event), interrupted: false, latency: null }];
    if (event.type === 'agent.turn') {
      const { text, interrupted, latency } = event;
      return [{ role: 'agent', text, ...spanOf(event), interrupted, latency }];
    }
    // Whoever of ours the caller heard instead of the agent.
    if (event.type === 'human.turn' && event.heardBy === 'caller')
      return [{ role: 'agent', text: event.text, ...spanOf(event), interrupted: false, latency: null }];
    return [];
  });
  return turns.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

const spanOf = ({ startedAt, endedAt }: { startedAt: number; endedAt: number }) => ({
  startedAt: new Date(startedAt),
  endedAt: new Date(endedAt),
});

export const readTranscript = async (db: Database | Transaction, callId: string): Promise<TranscriptTurn[]> =>
  transcriptOf(await readEvents(db, callId));
