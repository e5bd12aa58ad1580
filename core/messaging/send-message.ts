import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { textMessages } from '../../db/schema/text-messages.ts';
import { DomainError } from '../errors.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';

const messageId = z.uuid();

/** Whoever asks a carrier knows its answer by then, or has died. */
const outcomeWithinMs = 20_000;

export interface MessageToSend {
  readonly id: string;
  readonly from: string | null;
  readonly to: string;
  readonly body: string;
}

/**
 * Claims a queued message for sending; null when there is nothing to send. A message that was claimed before and whose
 * outcome nobody knows is given up: the person may have it already. Throws conflict while its outcome may still come.
 */
export const beginSending = operation({
  name: 'text_message.begin_sending',
  scope: 'system',
  input: z.object({ messageId }),
  run: async (ctx, input): Promise<MessageToSend | null> => {
    const here = eq(textMessages.id, input.messageId);
    const [row] = await ctx.db.select().from(textMessages).where(here).for('update');
    if (row?.status === 'sending') {
      // A killed process loses its job sooner than that: the job has to come again, or the row never says what became
      // of it.
      if (Date.now() - row.updatedAt.getTime() <= outcomeWithinMs)
        throw new DomainError('conflict', 'The carrier has been asked, and its answer is not in.');
      await ctx.db
        .update(textMessages)
        .set({ status: 'failed', error: 'Whether the carrier took it is not known.' })
        .where(here);
    }
    if (row?.status !== 'queued') return null;
    await ctx.db.update(textMessages).set({ status: 'sending' }).where(here);
    return { id: row.id, from: row.fromNumber, to: row.toNumber, body: row.body };
  },
});

/** What became of a claimed message. `queued`: the carrier surely did not take it, and is asked again later. */
export const finishSending = operation({
  name: 'text_message.finish_sending',
  scope: 'system',
  input: z.object({
    messageId,
    status: z.enum(['sent', 'failed', 'held', 'queued']),
    carrier: z.string().max(50).nullable().default(null),
    carrierMessageId: z.string().max(200).nullable().default(null),
    error: words(1_000).nullable().default(null),
  }),
  run: async (ctx, { messageId: id, status, ...outcome }): Promise<void> => {
    await ctx.db
      .update(textMessages)
      .set({ status, ...outcome, sentAt: status === 'sent' ? new Date() : null })
      .where(and(eq(textMessages.id, id), eq(textMessages.status, 'sending')));
  },
});
