import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { trunkKey, trunkLabel } from './trunk-key.ts';

/** Numbers that share lines, and what their carrier grants. */
export interface Trunk {
  /** `user@host:port`, or `host:port` where there is no user. */
  readonly trunk: string;
  /** Its name in the metrics. */
  readonly label: string;
  readonly numbers: readonly string[];
  /** Null: the usual of the installation (DIALER_TRUNK_CPS, DIALER_TRUNK_CHANNELS). */
  readonly callsPerSecond: number | null;
  readonly maxChannels: number | null;
}

const noLimits = { callsPerSecond: null, maxChannels: null };

export const trunkFields = {
  callsPerSecond: z.number().min(0.01).max(10_000).nullable(),
  maxChannels: z.number().int().min(1).max(1_000_000).nullable(),
};

/** The trunks of the workspace's numbers, by their names. */
export const listTrunks = operation({
  name: 'trunk.list',
  scope: 'member',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<Trunk[]> => trunksOf(ctx),
});

/** Says what a carrier grants: campaigns keep to it from their next look, within a second. Throws not_found. */
export const setTrunkLimits = operation({
  name: 'trunk.set_limits',
  scope: 'developer',
  input: z.object({ trunk: z.string().max(600), ...trunkFields }),
  audit: ({ trunk, ...limits }) => ({ target: trunk, details: limits }),
  run: async (ctx, { trunk: named, ...limits }): Promise<Trunk> => {
    const trunk = (await trunksOf(ctx)).find((one) => one.trunk === named);
    if (!trunk) throw notFound('Trunk');
    const { workspaceId } = ctx;
    await ctx.db
      .insert(trunkLimits)
      .values({ workspaceId, trunk: named, ...limits })
      .onConflictDoUpdate({ target: [trunkLimits.workspaceId, trunkLimits.trunk], set: limits });
    return { ...trunk, ...limits };
  },
});

async function trunksOf({ db, workspaceId }: Pick<WorkspaceContext, 'db' | 'workspaceId'>): Promise<Trunk[]> {
  const numbers = await db
    .select({
      e164: phoneNumbers.e164,
      sipAddress: phoneNumbers.sipAddress,
      authUsername: phoneNumbers.authUsername,
    })
    .from(phoneNumbers)
    .where(eq(phoneNumbers.workspaceId, workspaceId))
    .orderBy(asc(phoneNumbers.e164));
  const granted = await db.select().from(trunkLimits).where(eq(trunkLimits.workspaceId, workspaceId));
  const limits = new Map(
    granted.map(({ trunk, callsPerSecond, maxChannels }) => [trunk, { callsPerSecond, maxChannels }]),
  );
  const found = new Map<string, string[]>();
  for (const number of numbers) {
    const trunk = trunkKey(number);
    found.set(trunk, [...(found.get(trunk) ?? []), number.e164]);
  }
  return [...found]
    .map(([trunk, e164s]) => ({
      trunk,
      label: trunkLabel(workspaceId, trunk),
      numbers: e164s,
      ...(limits.get(trunk) ?? noLimits),
    }))
    .sort((a, b) => (a.trunk < b.trunk ? -1 : 1));
}
