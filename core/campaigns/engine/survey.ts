import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import { calls } from '../../../db/schema/calls.ts';
import { campaignNumbers } from '../../../db/schema/campaign-numbers.ts';
import { phoneNumbers } from '../../../db/schema/phone-numbers.ts';
import { trunkLimits } from '../../../db/schema/trunk-limits.ts';
import type { Context } from '../../context.ts';
import { trunkKey } from '../../numbers/trunk-key.ts';
import type { Campaign } from '../campaign.ts';

/** Defaults of the installation. */
export interface DialerLimits {
  /** Share of the fleet's slots that calls of campaigns never take: people who call in find an agent. */
  readonly inboundShare: number;
  /** Calls that a workspace may have at once. */
  readonly workspaceCalls: number;
  /** Of a trunk that trunk_limits says nothing about. */
  readonly trunkCallsPerSecond: number;
  readonly trunkChannels: number;
}

export interface Trunk {
  /** Unique over workspaces. */
  readonly id: string;
  readonly trunk: string;
  readonly workspaceId: string;
  readonly callsPerSecond: number;
  readonly channels: number;
  /** Lines of it that are taken now, by calls of whatever kind and by those they are transferred to. */
  readonly active: number;
}

export interface Survey {
  /** Slots of the fleet for calls of campaigns that are free now. */
  readonly freeSlots: number;
  /** All slots that campaigns may use, taken or not. */
  readonly slots: number;
  /** Calls by workspace. */
  readonly byWorkspace: ReadonlyMap<string, number>;
  /** Calls by campaign. */
  readonly byCampaign: ReadonlyMap<string, number>;
  readonly trunksOf: ReadonlyMap<string, readonly Trunk[]>;
}

export const trunkId = (workspaceId: string, trunk: string): string => `${workspaceId} ${trunk}`;

/** What is on and what is free, of everything that limits calls. */
export async function survey(
  { services }: Context,
  campaigns: readonly Campaign[],
  limits: DialerLimits,
): Promise<Survey> {
  const { db, ports } = services;
  const open = await db
    .select({
      workspaceId: calls.workspaceId,
      campaignId: calls.campaignId,
      sipAddress: phoneNumbers.sipAddress,
      authUsername: phoneNumbers.authUsername,
      count: sql<string>`count(*)`,
    })
    .from(calls)
    .leftJoin(phoneNumbers, eq(phoneNumbers.id, calls.phoneNumberId))
    .where(isOpen)
    .groupBy(calls.workspaceId, calls.campaignId, phoneNumbers.sipAddress, phoneNumbers.authUsername);
  const byWorkspace = new Map<string, number>();
  const byCampaign = new Map<string, number>();
  const byTrunk = new Map<string, number>();
  let total = 0;
  for (const row of open) {
    const count = Number(row.count);
    total += count;
    add(byWorkspace, row.workspaceId, count);
    if (row.campaignId !== null) add(byCampaign, row.campaignId, count);
    const { sipAddress, authUsername } = row;
    if (sipAddress !== null && authUsername !== null)
      add(byTrunk, trunkId(row.workspaceId, trunkKey({ sipAddress, authUsername })), count);
  }
  for (const { workspaceId, trunk, count } of await transferLegs(db))
    add(byTrunk, trunkId(workspaceId, trunk), count);
  const hosts = await ports.fleet.hosts();
  const staying = hosts.filter(({ draining }) => !draining);
  const leaving = hosts.filter(({ draining }) => draining);
  const sum = (of: 'slots' | 'active', some: typeof hosts) => some.reduce((all, host) => all + host[of], 0);
  // A call that was placed is not with a host yet, one that came in is perhaps not in the database: the larger number.
  const taken = Math.max(sum('active', staying), total - sum('active', leaving));
  return {
    ...slotsOf(sum('slots', staying), taken, limits),
    ...{ byWorkspace, byCampaign },
    trunksOf: await trunksOf(db, campaigns, limits, byTrunk),
  };
}

/** What campaigns may use of the fleet's slots, and what of it is free. Pure. */
export function slotsOf(
  all: number,
  taken: number,
  { inboundShare }: Pick<DialerLimits, 'inboundShare'>,
): Pick<Survey, 'slots' | 'freeSlots'> {
  const slots = Math.max(0, all - Math.ceil(all * inboundShare));
  return { slots, freeSlots: Math.max(0, slots - taken) };
}

const isOpen = and(
  inArray(calls.status, ['queued', 'dialing', 'ringing', 'active']),
  sql`${calls.finalizedAt} is null`,
);

/**
 * Lines that are taken by whom calls are transferred to: of the trunk that each was dialed on, also for a visitor of a
 * page.
 */
async function transferLegs(
  db: Context['services']['db'],
): Promise<{ readonly workspaceId: string; readonly trunk: string; readonly count: number }[]> {
  const rows = await db
    .select({
      ...{ workspaceId: callTransfers.workspaceId, trunk: callTransfers.trunk },
      count: sql<string>`count(*)`,
    })
    .from(callTransfers)
    .innerJoin(calls, eq(calls.id, callTransfers.callId))
    .where(
      and(
        isOpen,
        isNotNull(callTransfers.trunk),
        or(isNull(callTransfers.settledAt), eq(callTransfers.status, 'joined')),
      ),
    )
    .groupBy(callTransfers.workspaceId, callTransfers.trunk);
  return rows.map(({ workspaceId, trunk, count }) => ({
    ...{ workspaceId, trunk: trunk ?? '' },
    count: Number(count),
  }));
}

const add = (counts: Map<string, number>, key: string, count: number) =>
  counts.set(key, (counts.get(key) ?? 0) + count);

async function trunksOf(
  db: Context['services']['db'],
  campaigns: readonly Campaign[],
  limits: DialerLimits,
  byTrunk: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, readonly Trunk[]>> {
  if (campaigns.length === 0) return new Map();
  const rows = await db
    .select({
      campaignId: campaignNumbers.campaignId,
      workspaceId: phoneNumbers.workspaceId,
      sipAddress: phoneNumbers.sipAddress,
      authUsername: phoneNumbers.authUsername,
    })
    .from(campaignNumbers)
    .innerJoin(phoneNumbers, eq(phoneNumbers.id, campaignNumbers.phoneNumberId))
    .where(
      and(
        isNotNull(phoneNumbers.outboundTrunkId),
        inArray(
          campaignNumbers.campaignId,
          campaigns.map(({ id }) => id),
        ),
      ),
    );
  const granted = await db
    .select()
    .from(trunkLimits)
    .where(inArray(trunkLimits.workspaceId, [...new Set(rows.map(({ workspaceId }) => workspaceId))]));
  const found = new Map<string, Map<string, Trunk>>();
  for (const { campaignId, workspaceId, ...number } of rows) {
    const trunk = trunkKey(number);
    const id = trunkId(workspaceId, trunk);
    const limit = granted.find((one) => one.workspaceId === workspaceId && one.trunk === trunk);
    const own = found.get(campaignId) ?? new Map<string, Trunk>();
    found.set(
      campaignId,
      own.set(id, {
        ...{ id, trunk, workspaceId, active: byTrunk.get(id) ?? 0 },
        callsPerSecond: limit?.callsPerSecond ?? limits.trunkCallsPerSecond,
        channels: limit?.maxChannels ?? limits.trunkChannels,
      }),
    );
  }
  return new Map([...found].map(([campaignId, own]) => [campaignId, [...own.values()]]));
}
