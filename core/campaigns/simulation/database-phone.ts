import { sql } from 'drizzle-orm';
import { listNumbersNow } from '../../contacts/list-numbers.ts';
import { clearAttempts } from '../engine/clear-attempts.ts';
import { databaseBooks } from '../engine/database-books.ts';
import { settleAttempts } from '../engine/settle-attempts.ts';
import type { Prepared } from './prepare.ts';
import type { Phone } from './world.ts';

/** What dial job, carrier, worker and finalize job write in the product, for many calls in one statement. */
export function databasePhone({ ctx, workspaceId }: Pick<Prepared, 'ctx' | 'workspaceId'>): Phone {
  const { db } = ctx.services;
  const books = databaseBooks(db);
  return {
    takePlaced: async () => {
      const { rows } = await db.execute<{
        id: string;
        contact_id: string;
        number: number;
        phone: string;
      }>(sql`
        with placed as (delete from outbox where name = 'dial-call' returning (payload->>'callId')::uuid as id)
        select a.id, a.contact_id, a.number, a.phone from placed join attempts a on a.id = placed.id order by a.id`);
      return rows.map(({ contact_id: contactId, ...row }) => ({ ...row, contactId }));
    },
    clear: (callIds, atMs) => clearAttempts(books, callIds, atMs),
    dial: async (callIds, atMs) => {
      await db.execute(sql`
        update calls set status = 'dialing', dialed_at = ${iso(atMs)} where id = any(${sql.param(callIds)}::uuid[])`);
    },
    cancel: async (callIds, atMs) => {
      const at = iso(atMs);
      await db.execute(sql`
        update calls set status = 'ended', ended_at = ${at}, finalized_at = ${at}, dial_outcome = 'canceled',
          disposition = 'canceled' where id = any(${sql.param(callIds)}::uuid[])`);
    },
    answer: async (answered) => {
      await db.execute(sql`
        update calls set status = 'active', answered_at = given."answeredAt", first_word_at = given."firstWordAt",
          dial_outcome = 'answered'
        from jsonb_to_recordset(${JSON.stringify(answered)}::jsonb) as given(id uuid, "answeredAt" timestamptz,
          "firstWordAt" timestamptz)
        where calls.id = given.id`);
    },
    optOut: async (callOf, atMs) => {
      await listNumbersNow(db, {
        ...{ workspaceId, campaignId: null, phones: [...callOf.keys()], callId: callOf, atMs },
        ...{ source: 'opt_out', note: '', addedBy: 'simulate' },
      });
    },
    end: async (ended, atMs) => {
      await db.execute(sql`
        update calls set status = 'ended', ended_at = given."endedAt", finalized_at = ${iso(atMs)},
          answered_at = given."answeredAt", first_word_at = given."firstWordAt",
          duration_ms = given."durationMs", end_reason = given."endReason", disposition = given.disposition,
          dial_outcome = given."dialOutcome", sip_status = given."sipStatus"
        from jsonb_to_recordset(${JSON.stringify(ended)}::jsonb) as given(id uuid, "endedAt" timestamptz,
          "answeredAt" timestamptz, "firstWordAt" timestamptz, "durationMs" bigint, "endReason" text, disposition text, "dialOutcome" text, "sipStatus" int)
        where calls.id = given.id`);
      await settleAttempts(books, ended, atMs);
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
