import { growing, job } from '../define.ts';
import { sendEmail } from '../mail/send-email.ts';

/** A mail server that is away or busy is asked again for about an hour. */
export const sendEmailJob = job({
  name: 'send-email',
  attempts: 10,
  backoff: growing(5_000),
  concurrency: 5,
  run: ({ ctx, log }, { emailId }, isLast) => sendEmail(ctx, log, emailId, isLast),
});
