import type { Context } from '../../core/context.ts';
import { beginSendingEmail, finishSendingEmail, MailError } from '../../core/mail/index.ts';
import type { Logger } from '../../platform/log.ts';

/**
 * Hands one queued mail to the mail server. Without one it is kept, and the log says so with the whole text: on a
 * machine without mail the person in front of it has to get at the links. Throws for the job to come again, unless it
 * `isLast`: what is given up does not stay on its way.
 */
export async function sendEmail(ctx: Context, log: Logger, emailId: string, isLast = false): Promise<void> {
  const mail = await beginSendingEmail(ctx, { emailId });
  if (mail === null) return;
  const { mailer } = ctx.services.ports;
  if (mailer === null) {
    log.warn({ emailId, pii: mail }, 'no mail server configured (SMTP_URL), a mail is kept in the outbox');
    await finishSendingEmail(ctx, { emailId, status: 'held', error: 'No mail server is configured.' });
    return;
  }
  try {
    await mailer.send(mail);
    await finishSendingEmail(ctx, { emailId, status: 'sent' });
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const isOver = error.refused || isLast;
    await finishSendingEmail(ctx, {
      emailId,
      status: isOver ? 'failed' : 'queued',
      error: error.message,
    });
    if (!isOver) throw error;
    log.warn({ emailId, reason: error.message }, 'a mail was not taken');
  }
}
