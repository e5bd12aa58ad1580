import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { operation } from '../../operation.ts';
import { retrySettings } from '../retries.ts';
import type { Books } from './books.ts';
import { databaseBooks } from './database-books.ts';
import { withoutSpent } from './exhaust-contacts.ts';
import { placeCalls, type Reserved } from './placing.ts';

const nothing: Reserved = { placed: new Map(), considered: 0, callable: 0, opensAtMs: null, blind: false };

/**
 * Takes the next people of a running campaign, judges each of them, and for those who may be called writes attempt,
 * call and the message that has it dialed, in one transaction: there is no moment at which a crash could lose or double
 * anything. At most `slots` calls by trunk.
 */
export const reserveContacts = operation({
  name: 'campaign.reserve',
  scope: 'system',
  input: z.object({
    campaignId: z.uuid(),
    slots: z.record(z.string(), z.number().int().min(0)),
    /** What is set aside from the budget for each call. */
    costMicros: z.number().int().min(0),
    atMs: z.number(),
  }),
  run: async (ctx, turn): Promise<Reserved> => {
    const [campaign] = await ctx.db
      .select()
      .from(campaigns)
      .where(and(eq(campaigns.id, turn.campaignId), eq(campaigns.status, 'running')))
      // One that is being changed has its turn with the next look: the others do not wait for it.
      .for('share', { skipLocked: true });
    if (!campaign) return nothing;
    const books = databaseBooks(ctx.db);
    const { maxAttempts } = retrySettings.parse(campaign.retries);
    const due: Books['due'] = async (question) =>
      withoutSpent(ctx.db, await books.due(question), maxAttempts);
    return placeCalls({ ...books, due }, campaign, turn);
  },
});
