import { z } from 'zod';
import { nowMs } from '../context.ts';
import { phoneNumberField, words } from '../fields.ts';
import { operation } from '../operation.ts';
import { listNumbersNow } from './list-numbers.ts';

/**
 * A person does not want to be called any more: their number is on the workspace's do-not-call list from the commit
 * on, and every contact that waits with it, in any campaign, is blocked. Contacts that are about to be dialed meet the
 * list in the instant before the INVITE. Saying it twice changes nothing.
 */
export const optOut = operation({
  name: 'contact.opt_out',
  scope: 'member',
  input: z.object({
    phone: phoneNumberField,
    /** The call in which they said so. */
    callId: z.uuid().nullable().default(null),
    note: words(500).default(''),
  }),
  audit: ({ phone, callId }) => ({ target: phone, details: { callId } }),
  run: async (ctx, { phone, callId, note }): Promise<void> => {
    await listNumbersNow(ctx.db, {
      ...{ workspaceId: ctx.workspaceId, campaignId: null, phones: [phone], callId, note },
      ...{ source: 'opt_out', atMs: nowMs(ctx) },
      addedBy: ctx.actor.kind,
    });
  },
});
