import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { callEvents } from '../../db/schema/call-events.ts';
import { calls } from '../../db/schema/calls.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { beginRecording } from '../recordings/begin.ts';
import { recordingRate } from '../recordings/wav.ts';
import { rollUp } from '../reports/rollups.ts';
import { type Call, emitFinalize } from './call.ts';
import { type CallEvent, callEvent } from './events.ts';
import { recordTurns } from './record-turns.ts';
import { applyEvent, type CallState } from './state.ts';
import { storable } from './storable.ts';
import { toEvent } from './transcript.ts';

/**
 * Keeps what a worker reported, in any order and however often it comes, and moves the call's row as far as the
 * events of the worker in charge are there without a gap. Events of an earlier epoch are kept, and move nothing.
 */
export const recordEvents = operation({
  name: 'call.record_events',
  scope: 'system',
  input: z.object({ events: z.array(callEvent).min(1) }),
  run: async (ctx, { events }): Promise<void> => {
    const callIds = [...new Set(events.map((event) => event.callId))].sort();
    // Locked in one order: two batches about the same calls wait for each other instead of deadlocking.
    const locked = await ctx.db
      .select()
      .from(calls)
      .where(inArray(calls.id, callIds))
      .orderBy(asc(calls.id))
      .for('update');
    const known = new Set(locked.map((call) => call.id));
    if (known.size < callIds.length)
      ctx.log.warn(
        { callIds: callIds.filter((id) => !known.has(id)) },
        'events of unknown calls were dropped',
      );
    const rows = events.filter((event) => known.has(event.callId)).map(toRow);
    if (rows.length === 0) return;
    const fresh = await ctx.db
      .insert(callEvents)
      .values(rows)
      .onConflictDoNothing()
      .returning({ callId: callEvents.callId, type: callEvents.type, at: callEvents.at });
    for (const { callId, type, at } of fresh)
      if (type === 'recording.started')
        await beginRecording(ctx, { callId, startedAt: at, sampleRate: recordingRate });
    for (const call of locked) {
      await recordTurns(ctx, call, events);
      // Turns that an earlier worker reports late change a call that is summed up already.
      const isSummedUp = call.finalizedAt !== null;
      if (isSummedUp) await rollUp(ctx, call.id, -1);
      await applyPending(ctx, call);
      if (isSummedUp) await rollUp(ctx, call.id, 1);
    }
  },
});

function toRow({ callId, epoch, seq, type, at, ...data }: CallEvent): typeof callEvents.$inferInsert {
  return { callId, epoch, seq, type, at: new Date(at), data: storable(data) };
}

async function applyPending(ctx: OperationContext, call: Call): Promise<void> {
  const pending = await ctx.db
    .select()
    .from(callEvents)
    .where(
      and(
        eq(callEvents.callId, call.id),
        eq(callEvents.epoch, call.epoch),
        gt(callEvents.seq, call.appliedSeq),
      ),
    )
    .orderBy(asc(callEvents.seq));
  let state: CallState = call;
  let appliedSeq = call.appliedSeq;
  for (const row of pending) {
    if (row.seq !== appliedSeq + 1) break;
    state = applyEvent(state, toEvent(row), call.direction);
    appliedSeq = row.seq;
  }
  const { status, answeredAt, firstWordAt, endedAt, endReason, endDetail, fromNumber, sipCallId } = state;
  const { bridgedAt, recorderStays } = state;
  await ctx.db
    .update(calls)
    .set({
      ...{ status, answeredAt, firstWordAt, endedAt, endReason, endDetail, fromNumber, sipCallId },
      bridgedAt,
      recorderStays,
      appliedSeq,
      turnCount: turnsInLog(call.id),
    })
    .where(eq(calls.id, call.id));
  if (status === 'ended' && call.status !== 'ended') await emitFinalize(ctx, call.id, 'ended');
}

/** Counted, not added up: turns that an earlier worker reports late belong to the call as well. */
const turnsInLog = (callId: string) =>
  sql<number>`(select count(*)::int from ${callEvents}
    where ${callEvents.callId} = ${callId} and ${callEvents.type} in ('user.turn', 'agent.turn'))`;
