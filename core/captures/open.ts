import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { isLinkValid } from '../recordings/link.ts';

/** What a signed link leads to. Throws forbidden for a link that is wrong or too old. */
export const openCapture = operation({
  name: 'capture.open',
  scope: 'public',
  input: z.object({ id: z.uuid(), expiresAtMs: z.number(), signature: z.string() }),
  reads: true,
  run: async (ctx, input): Promise<{ blobKey: string; sizeBytes: number }> => {
    if (!isLinkValid(ctx.services.authSecret, input, 'capture'))
      throw new DomainError('forbidden', 'This link is wrong or too old. Ask for a new one.');
    const [row] = await ctx.db.select().from(packetCaptures).where(eq(packetCaptures.id, input.id));
    if (!row?.blobKey) throw notFound('Capture');
    return { blobKey: row.blobKey, sizeBytes: row.sizeBytes };
  },
});
