import { growing, job } from '../define.ts';
import { sendTextMessage } from '../messages/send-text-message.ts';

/** A message that the carrier surely did not take is handed over again; any other outcome is final. */
export const sendTextMessageJob = job({
  name: 'send-text-message',
  attempts: 5,
  backoff: growing(2_000),
  concurrency: 10,
  run: ({ ctx, log }, { messageId }, isLast) => sendTextMessage(ctx, log, messageId, isLast),
});
