import type { Context } from '../../core/context.ts';
import { beginSending, CarrierError, finishSending } from '../../core/messaging/index.ts';
import type { Logger } from '../../platform/log.ts';

/**
 * Hands one queued message to the carrier, at most once: the row says `sending` before the carrier is asked. Throws
 * when the carrier surely did not take it, for the job to come again, unless it `isLast`.
 */
export async function sendTextMessage(
  ctx: Context,
  log: Logger,
  messageId: string,
  isLast = false,
): Promise<void> {
  const message = await beginSending(ctx, { messageId });
  if (message === null) return;
  const { messenger } = ctx.services.ports;
  if (messenger === null) {
    log.warn({ messageId }, 'no carrier configured, a text message is kept');
    await finishSending(ctx, { messageId, status: 'held', error: 'No carrier is configured.' });
    return;
  }
  const { carrier } = messenger;
  try {
    const { carrierMessageId } = await messenger.send(message);
    await finishSending(ctx, { messageId, status: 'sent', carrier, carrierMessageId });
  } catch (error) {
    if (!(error instanceof CarrierError)) throw error;
    const again = error.taken === 'none' && !isLast;
    await finishSending(ctx, {
      messageId,
      status: again ? 'queued' : 'failed',
      carrier,
      error: error.message,
    });
    if (again) throw error;
    log.warn({ messageId, carrier, reason: error.message }, 'a text message was not taken');
  }
}
