import { and, asc, eq, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../../db/schema/attempts.ts';
import { calls } from '../../../db/schema/calls.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import { foldContactCounts } from '../../contacts/counts.ts';
import { nowMs, type OperationContext } from '../../context.ts';
import { operation } from '../../operation.ts';
import { databaseBooks } from './database-books.ts';
import { settleAttempts } from './settle-attempts.ts';

const forgottenAfterMs = 10 * 60_000;

export interface Healed {
  /** Attempts whose call is over, and had not heard of it. */
  readonly settled: number;
  /** Attempts without a call. */
  readonly orphans: number;
  /** People who were taken, and have no attempt that is open. */
  readonly freed: number;
}

/**
 * Puts right what a crash can leave behind, from what stands in Postgres: attempts whose call is over are closed, ones
 * whose call is gone end as `unknown` (or are withdrawn when nothing can have rung), people without an open attempt
 * wait again. What a change of rules has left to reopen is gone on with. An attempt is never dialed twice. Calls that
 * stand still are the business of reconcile-calls.
 */
export const healCampaigns = operation({
  name: 'campaign.heal',
  scope: 'system',
  input: z.object({ olderThanMs: z.number().int().min(0).default(30_000) }),
  run: async (ctx, { olderThanMs }): Promise<Healed> => {
    const atMs = nowMs(ctx);
    const before = new Date(atMs - olderThanMs);
    const stale = await ctx.db
      .select({ attempt: attempts, call: calls })
      .from(attempts)
      .leftJoin(calls, eq(calls.id, attempts.id))
      .where(
        and(
          inArray(attempts.state, ['reserved', 'dialing']),
          lt(attempts.updatedAt, before),
          // Calls that go on are well, however many.
          or(isNull(calls.id), isNotNull(calls.finalizedAt)),
        ),
      )
      .orderBy(asc(attempts.id))
      .limit(1_000);
    const books = databaseBooks(ctx.db);
    let [settled, orphans] = [0, 0];
    for (const { attempt, call } of stale) {
      if (call === null) {
        orphans++;
        if (attempt.dialedAt === null)
          await books.withdraw(attempt, { reason: 'not_dialed', nextAtMs: atMs, atMs });
        else await settleAttempts(books, [{ ...goneCall, id: attempt.id, endedAt: new Date(atMs) }], atMs);
      } else {
        settled++;
        await settleAttempts(books, [call], atMs);
      }
    }
    const freed = await ctx.db
      .update(contacts)
      .set({ state: 'waiting', reservedAt: null, nextAttemptAt: new Date(atMs) })
      .where(
        and(
          inArray(contacts.state, ['reserved', 'dialing']),
          lt(contacts.reservedAt, before),
          sql`not exists (select from ${attempts} where ${attempts.contactId} = ${contacts.id}
            and ${attempts.state} in ('reserved', 'dialing'))`,
        ),
      )
      .returning({ id: contacts.id });
    await reopenOn(ctx, atMs);
    await fold(ctx.db);
    return { settled, orphans, freed: freed.length };
  },
});

const goneCall = {
  disposition: 'unknown' as const,
  ...{
    answeredAt: null,
    firstWordAt: null,
    durationMs: 0,
    sipStatus: null,
    endDetail: 'The call is not there any more.',
  },
};

/** A job that the queue has forgotten. Two of them at once do no harm. */
async function reopenOn(ctx: OperationContext, atMs: number): Promise<void> {
  const forgotten = await ctx.db
    .update(campaigns)
    .set({ updatedAt: new Date(atMs) })
    .where(and(isNotNull(campaigns.reopening), lt(campaigns.updatedAt, new Date(atMs - forgottenAfterMs))))
    .returning({ id: campaigns.id, reopening: campaigns.reopening });
  for (const { id: campaignId, reopening } of forgotten)
    if (reopening !== null)
      await ctx.emit(
        'reopen-contacts',
        { campaignId, version: reopening.version },
        { key: `reopen-${campaignId}-${reopening.version}` },
      );
}

/** So that counting stays quick; campaigns at rest were folded before they came to rest. */
async function fold(db: Parameters<typeof foldContactCounts>[0]): Promise<void> {
  const live = await db
    .select({ id: campaigns.id })
    .from(campaigns)
    .where(inArray(campaigns.status, ['running', 'paused', 'scheduled']));
  for (const { id } of live) await foldContactCounts(db, id);
}
