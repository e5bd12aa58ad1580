import { z } from 'zod';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { DomainError } from '../errors.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { type Capture, numberOf } from './capture.ts';

/**
 * Has the SIP and RTP packets of the next call of a number captured. Throws unavailable, with the reason, where packets
 * cannot be captured, and conflict while one is waited for already.
 */
export const requestCapture = operation({
  name: 'capture.request',
  scope: 'admin',
  input: z.object({ phoneNumber: phoneNumberField }),
  audit: ({ phoneNumber }, { id }: Capture) => ({ target: id, details: { phoneNumber } }),
  prepare: async (ctx, { phoneNumber }) => {
    const { id } = await numberOf(ctx, phoneNumber);
    const why = await ctx.services.ports.captures.whyNot();
    if (why !== null) throw new DomainError('unavailable', why);
    return id;
  },
  run: async (ctx, _input, phoneNumberId): Promise<Capture> => {
    const [capture] = await ctx.db
      .insert(packetCaptures)
      .values({ workspaceId: ctx.workspaceId, phoneNumberId })
      .onConflictDoNothing()
      .returning();
    if (!capture)
      throw new DomainError('conflict', 'A capture of the next call of this number is under way.');
    await ctx.emit('capture-packets', { captureId: capture.id }, { key: `capture-${capture.id}` });
    return capture;
  },
});
