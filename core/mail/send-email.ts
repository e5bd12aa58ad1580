import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { emails } from '../../db/schema/emails.ts';
import { DomainError } from '../errors.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';

export interface EmailToSend {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/**
 * The mail server's answer is in by then, or its asker has died. A mail that arrives twice does less harm than none.
 */
const answerWithinMs = 60_000;

/**
 * Claims a queued mail; null when there is nothing to send. Throws conflict while another asker may have the answer.
 */
export const beginSendingEmail = operation({
  name: 'email.begin_sending',
  scope: 'system',
  input: z.object({ emailId: z.uuid() }),
  run: async (ctx, { emailId }): Promise<EmailToSend | null> => {
    const here = eq(emails.id, emailId);
    const [row] = await ctx.db.select().from(emails).where(here).for('update');
    if (!row?.sealedText) return null;
    const isClaimed = row.status === 'sending';
    // A killed process loses its job sooner than that: the job has to come again, or nobody ever sends the mail.
    if (isClaimed && Date.now() - row.updatedAt.getTime() <= answerWithinMs)
      throw new DomainError('conflict', 'The mail server has been asked, and its answer is not in.');
    if (row.status !== 'queued' && !isClaimed) return null;
    await ctx.db.update(emails).set({ status: 'sending' }).where(here);
    return { to: row.toAddress, subject: row.subject, text: ctx.services.sealer.open(row.sealedText) };
  },
});

/** What became of a claimed mail. `held` keeps its text, for somebody to read it in the outbox. */
export const finishSendingEmail = operation({
  name: 'email.finish_sending',
  scope: 'system',
  input: z.object({
    emailId: z.uuid(),
    status: z.enum(['sent', 'failed', 'held', 'queued']),
    error: words(1_000).nullable().default(null),
  }),
  run: async (ctx, { emailId, status, error }): Promise<void> => {
    const isSent = status === 'sent';
    await ctx.db
      .update(emails)
      .set({ status, error, ...(isSent ? { sentAt: new Date(), sealedText: null } : {}) })
      .where(and(eq(emails.id, emailId), eq(emails.status, 'sending')));
  },
});
