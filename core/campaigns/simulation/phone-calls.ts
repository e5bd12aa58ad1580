import { sql } from 'drizzle-orm';
import type { calls } from '../../../db/schema/calls.ts';
import { listNumbersNow } from '../../contacts/list-numbers.ts';
import { type Context, nowMs } from '../../context.ts';
import { clearAttempts } from '../engine/clear-attempts.ts';
import { type FinishedCall, settleAttempts } from '../engine/settle-attempts.ts';
import { type Played, play } from './farm.ts';
import type { SimulationSettings } from './settings.ts';

/** A call that rings or goes on. */
export interface LiveCall extends Played {
  readonly id: string;
  readonly phone: string;
  readonly invitedAtMs: number;
}

const later = (fromMs: number, afterMs: number | null): Date | null =>
  afterMs === null ? null : new Date(fromMs + afterMs);

/** What dial job, carrier, worker and finalize job do in the product, for many calls at once and without a telephone. */
export class PhoneCalls {
  readonly #ctx: Context;
  readonly #workspaceId: string;
  readonly #settings: SimulationSettings;

  constructor(ctx: Context, workspaceId: string, settings: SimulationSettings) {
    this.#ctx = ctx;
    this.#workspaceId = workspaceId;
    this.#settings = settings;
  }

  /** Sends those on their way that the dialer has placed and that pass the last judgement. */
  async invite(): Promise<LiveCall[]> {
    const { db } = this.#ctx.services;
    const atMs = nowMs(this.#ctx);
    return db.transaction(async (tx) => {
      const { rows } = await tx.execute<{
        id: string;
        contact_id: string;
        number: number;
        phone: string;
      }>(sql`
        with placed as (delete from outbox where name = 'dial-call' returning (payload->>'callId')::uuid as id)
        select a.id, a.contact_id, a.number, a.phone from placed join attempts a on a.id = placed.id order by a.id`);
      if (rows.length === 0) return [];
      const cleared = await clearAttempts(
        tx,
        rows.map(({ id }) => id),
        atMs,
      );
      const rings = ({ id }: { id: string }) => 'clear' in (cleared.get(id) ?? {});
      const ids = (which: typeof rows) => sql.param(which.map(({ id }) => id));
      const at = new Date(atMs).toISOString();
      const refused = rows.filter((row) => !rings(row));
      await tx.execute(sql`
        update calls set status = 'dialing', dialed_at = ${at} where id = any(${ids(rows.filter(rings))}::uuid[])`);
      if (refused.length > 0)
        await tx.execute(sql`
          update calls set status = 'ended', ended_at = ${at}, finalized_at = ${at}, dial_outcome = 'canceled',
            disposition = 'canceled' where id = any(${ids(refused)}::uuid[])`);
      return rows.filter(rings).map(
        ({ id, contact_id: contactId, number, phone }): LiveCall => ({
          ...play(this.#settings, contactId, number),
          ...{ id, phone, invitedAtMs: atMs },
        }),
      );
    });
  }

  /** They have picked up, and talk on. */
  async answer(answered: readonly LiveCall[]): Promise<void> {
    if (answered.length === 0) return;
    const rows = answered.map(({ id, invitedAtMs, answeredAfterMs, firstWordAfterMs }) => ({
      ...{ id, at: later(invitedAtMs, answeredAfterMs), word: later(invitedAtMs, firstWordAfterMs) },
    }));
    await this.#ctx.services.db.execute(sql`
      update calls set status = 'active', answered_at = given.at, first_word_at = given.word, dial_outcome = 'answered'
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(id uuid, at timestamptz, word timestamptz)
      where calls.id = given.id`);
  }

  /** They are over: whoever asked for it is on the list, and every attempt is settled. */
  async end(ended: readonly LiveCall[]): Promise<void> {
    if (ended.length === 0) return;
    const atMs = nowMs(this.#ctx);
    await this.#ctx.services.db.transaction(async (tx) => {
      const optedOut = new Map(
        ended.flatMap(({ fate, phone, id }) => (fate === 'optOut' ? [[phone, id]] : [])),
      );
      await listNumbersNow(tx, {
        ...{ workspaceId: this.#workspaceId, campaignId: null, phones: [...optedOut.keys()] },
        ...{ callId: optedOut, source: 'opt_out', note: '', addedBy: 'simulate', atMs },
      });
      const finished = ended.map(finishedCall);
      await tx.execute(sql`
        update calls set status = 'ended', ended_at = given."endedAt", finalized_at = ${new Date(atMs).toISOString()},
          answered_at = given."answeredAt", first_word_at = given."firstWordAt",
          duration_ms = given."durationMs", end_reason = given."endReason", disposition = given.disposition,
          dial_outcome = given."dialOutcome", sip_status = given."sipStatus"
        from jsonb_to_recordset(${JSON.stringify(finished)}::jsonb) as given(id uuid, "endedAt" timestamptz,
          "answeredAt" timestamptz, "firstWordAt" timestamptz, "durationMs" bigint, "endReason" text, disposition text, "dialOutcome" text, "sipStatus" int)
        where calls.id = given.id`);
      await settleAttempts(tx, finished, atMs);
    });
  }
}

function finishedCall(call: LiveCall): FinishedCall & Partial<typeof calls.$inferSelect> {
  const { id, invitedAtMs, answeredAfterMs, firstWordAfterMs, endedAfterMs } = call;
  return {
    ...{ id, disposition: call.disposition, dialOutcome: call.dialOutcome, sipStatus: call.sipStatus },
    ...{ endReason: call.endReason, endDetail: null },
    answeredAt: later(invitedAtMs, answeredAfterMs),
    firstWordAt: later(invitedAtMs, firstWordAfterMs),
    endedAt: later(invitedAtMs, endedAfterMs),
    durationMs: answeredAfterMs === null ? 0 : endedAfterMs - answeredAfterMs,
  };
}
