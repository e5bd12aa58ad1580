import { and, desc, eq, isNull, lt } from 'drizzle-orm';
import { z } from 'zod';
import { doNotCall } from '../../db/schema/do-not-call.ts';
import { nowMs } from '../context.ts';
import { phoneNumberField, words } from '../fields.ts';
import { operation } from '../operation.ts';
import { campaignForContacts } from './campaign-of.ts';
import { liftNumbersNow, listNumbersNow } from './list-numbers.ts';

export type DoNotCallEntry = typeof doNotCall.$inferSelect;

/** Null: for every campaign of the workspace. */
const campaignId = z.string().nullable().default(null);
const phones = z.array(phoneNumberField).min(1).max(10_000);

/** Puts numbers on the do-not-call list of the workspace, or of one campaign. Those that are on it change nothing. */
export const addDoNotCall = operation({
  name: 'do_not_call.add',
  scope: 'member',
  input: z.object({
    ...{ campaignId, phones, note: words(500).default('') },
    source: z.enum(['manual', 'import']).default('manual'),
  }),
  audit: ({ campaignId: target, phones: given }) => ({
    ...(target === null ? {} : { target }),
    details: { numbers: given.length },
  }),
  run: async (ctx, { campaignId: target, phones: given, note, source }): Promise<{ added: number }> => {
    if (target !== null) await campaignForContacts(ctx, target);
    const added = await listNumbersNow(ctx.db, {
      ...{ workspaceId: ctx.workspaceId, campaignId: target, phones: given, note, callId: null },
      ...{ source, addedBy: ctx.actor.kind, atMs: nowMs(ctx) },
    });
    return { added };
  },
});

/** Takes numbers off a list; who was on it, and until when, stays known. */
export const liftDoNotCall = operation({
  name: 'do_not_call.lift',
  scope: 'developer',
  input: z.object({ campaignId, phones }),
  audit: ({ campaignId: target, phones: given }) => ({
    ...(target === null ? {} : { target }),
    details: { phones: given.slice(0, 20) },
  }),
  run: async (ctx, { campaignId: target, phones: given }): Promise<{ lifted: number }> => {
    const lifted = await liftNumbersNow(ctx.db, {
      ...{ workspaceId: ctx.workspaceId, campaignId: target, phones: given },
      ...{ liftedBy: ctx.actor.kind, atMs: nowMs(ctx) },
    });
    return { lifted };
  },
});

/** The entries in force, newest first, before entry `before`. */
export const listDoNotCall = operation({
  name: 'do_not_call.list',
  scope: 'member',
  input: z.object({
    phone: phoneNumberField.optional(),
    /** Of this campaign only; left out: the workspace's and every campaign's. */
    campaignId: z.uuid().optional(),
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(1_000).default(100),
  }),
  reads: true,
  run: async (ctx, { phone, campaignId: of, before, limit }): Promise<DoNotCallEntry[]> =>
    ctx.db
      .select()
      .from(doNotCall)
      .where(
        and(
          eq(doNotCall.workspaceId, ctx.workspaceId),
          isNull(doNotCall.liftedAt),
          of === undefined ? undefined : eq(doNotCall.campaignId, of),
          phone === undefined ? undefined : eq(doNotCall.phone, phone),
          before === undefined ? undefined : lt(doNotCall.id, before),
        ),
      )
      .orderBy(desc(doNotCall.id))
      .limit(limit),
});
