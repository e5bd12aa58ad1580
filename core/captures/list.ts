import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { phoneNumberField } from '../fields.ts';
import { operation } from '../operation.ts';
import { linkTtlMs, signLink } from '../recordings/link.ts';
import { type Capture, numberOf } from './capture.ts';

export type CaptureWithLink = Capture & {
  /** Query of the link to its file, and until when it works; null: there is none (yet). */
  readonly link: { readonly query: string; readonly expiresAt: Date } | null;
};

/** The captures of a number, the newest first, with links to their files. Each look is an audit line. */
export const listCaptures = operation({
  name: 'capture.list',
  scope: 'admin',
  input: z.object({ phoneNumber: phoneNumberField }),
  audit: ({ phoneNumber }) => ({ details: { phoneNumber } }),
  run: async (ctx, { phoneNumber }): Promise<CaptureWithLink[]> => {
    const { id } = await numberOf(ctx, phoneNumber);
    const rows = await ctx.db
      .select()
      .from(packetCaptures)
      .where(eq(packetCaptures.phoneNumberId, id))
      .orderBy(desc(packetCaptures.createdAt), desc(packetCaptures.id))
      .limit(20);
    const until = Date.now() + linkTtlMs;
    return rows.map((row) => ({
      ...row,
      link:
        row.state === 'ready'
          ? { query: signLink(ctx.services.authSecret, row.id, until, 'capture'), expiresAt: new Date(until) }
          : null,
    }));
  },
});
