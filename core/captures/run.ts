import { and, desc, eq, gte } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';
import type { Capture } from './capture.ts';

async function lock(ctx: OperationContext, captureId: string): Promise<Capture> {
  const [row] = await ctx.db
    .select()
    .from(packetCaptures)
    .where(eq(packetCaptures.id, captureId))
    .for('update');
  if (!row) throw notFound('Capture');
  return row;
}

/** For the process that captures. Null: it is done already, or was lost with the process that had begun it. */
export const beginCapture = operation({
  name: 'capture.begin',
  scope: 'system',
  input: z.object({ captureId: z.uuid() }),
  run: async (ctx, { captureId }): Promise<{ e164: string; blobKey: string } | null> => {
    const { state, phoneNumberId, workspaceId } = await lock(ctx, captureId);
    const change =
      state === 'asked'
        ? ({ state: 'starting' } as const)
        : ({
            state: 'failed',
            detail: 'The process that captured was restarted.',
            settledAt: new Date(),
          } as const);
    if (state !== 'ready' && state !== 'failed')
      await ctx.db.update(packetCaptures).set(change).where(eq(packetCaptures.id, captureId));
    if (state !== 'asked') return null;
    const [number] = await ctx.db.select().from(phoneNumbers).where(eq(phoneNumbers.id, phoneNumberId));
    return number ? { e164: number.e164, blobKey: `captures/${workspaceId}/${captureId}.pcap` } : null;
  },
});

/** From now on the call is not missed. */
export const noteCaptureListens = operation({
  name: 'capture.listens',
  scope: 'system',
  input: z.object({ captureId: z.uuid() }),
  run: async (ctx, { captureId }): Promise<void> => {
    await ctx.db
      .update(packetCaptures)
      .set({ state: 'waiting' })
      .where(and(eq(packetCaptures.id, captureId), eq(packetCaptures.state, 'starting')));
  },
});

/** Its file is stored, or it has failed. */
export const settleCapture = operation({
  name: 'capture.settle',
  scope: 'system',
  input: z.object({
    captureId: z.uuid(),
    detail: words(2_000),
    file: z.object({ sipCallId: z.string(), blobKey: z.string(), sizeBytes: z.number().int() }).nullable(),
  }),
  run: async (ctx, { captureId, detail, file }): Promise<Capture> => {
    const capture = await lock(ctx, captureId);
    const [row] = await ctx.db
      .update(packetCaptures)
      .set({
        ...{ state: file ? 'ready' : 'failed', detail, settledAt: new Date() },
        ...(file ? { ...file, callId: await callOf(ctx, capture, file.sipCallId) } : {}),
      })
      .where(eq(packetCaptures.id, captureId))
      .returning();
    if (!row) throw notFound('Capture');
    return row;
  },
});

/**
 * By its SIP Call-ID; a call that was refused before anybody joined has none in its row, so else the number's last one.
 */
async function callOf(ctx: OperationContext, capture: Capture, sipCallId: string): Promise<string | null> {
  const { phoneNumberId, createdAt } = capture;
  const rows = await ctx.db
    .select({ id: calls.id, sipCallId: calls.sipCallId })
    .from(calls)
    .where(and(eq(calls.phoneNumberId, phoneNumberId), gte(calls.createdAt, createdAt)))
    .orderBy(desc(calls.createdAt))
    .limit(20);
  const known = rows.find((row) => row.sipCallId === sipCallId);
  return known?.id ?? rows.findLast((row) => row.sipCallId === null)?.id ?? null;
}
