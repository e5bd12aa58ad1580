import { z } from 'zod';
import { textMessages } from '../../db/schema/text-messages.ts';
import { operation } from '../operation.ts';
import { removeOlder } from '../remove-older.ts';

/** Removes text messages that are older than `keepMs`, whatever became of them. Call again until 0. */
export const expireTextMessages = operation({
  name: 'text_message.expire',
  scope: 'system',
  input: z.object({ keepMs: z.number().positive() }),
  run: (ctx, { keepMs }): Promise<number> => removeOlder(ctx.db, textMessages, keepMs),
});
