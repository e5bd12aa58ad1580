import { and, count, eq, inArray, isNull, ne, or } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { OperationContext } from '../context.ts';
import type { HostHeartbeat } from '../fleet.ts';
import { trunkKey, trunkLabel } from '../numbers/trunk-key.ts';
import { operation } from '../operation.ts';

export interface Workload {
  /** Calls in conversation, ringing, waiting to be dialed, being dialed. */
  readonly active: number;
  readonly ringing: number;
  readonly queued: number;
  readonly aboutToDial: number;
  /** What the hosts that are not draining can hold, and can still take. */
  readonly slots: number;
  readonly freeSlots: number;
  readonly hosts: number;
  /** The worst of the hosts' event loops: p99 of its delay over the last second. */
  readonly loopDelayMs: number;
  /** Hosts that the calls of now and of the queue need. */
  readonly desiredReplicas: number;
  /** By the name under which workers register with LiveKit. */
  readonly perAgent: { readonly agentName: string; readonly active: number }[];
  /** By `trunkLabel`: phone calls that are dialed, ring or are on. Trunks without one are not in it. */
  readonly perTrunk: { readonly trunk: string; readonly active: number }[];
  /** Rooms that LiveKit has open. */
  readonly liveRooms: number;
}

/** What an autoscaler needs to know; nothing that belongs to a workspace. */
export const getWorkload = operation({
  name: 'report.get_workload',
  scope: 'public',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<Workload> => {
    const { fleet } = ctx.services.ports;
    const [hosts, liveRooms, rows, perTrunk] = await Promise.all([
      fleet.hosts(),
      fleet.activeRooms(),
      ctx.db
        .select({ status: calls.status, channel: calls.channel, calls: count() })
        .from(calls)
        .where(
          and(
            isNull(calls.finalizedAt),
            ne(calls.status, 'ended'),
            // Whoever was put through talks on without an agent, and without a slot unless it is recorded.
            or(isNull(calls.bridgedAt), calls.recorderStays),
          ),
        )
        .groupBy(calls.status, calls.channel),
      callsPerTrunk(ctx),
    ]);
    const of = (status: (typeof rows)[number]['status'], channel?: 'phone') =>
      rows
        .filter((row) => row.status === status && (channel === undefined || row.channel === channel))
        .reduce((sum, row) => sum + row.calls, 0);
    // A queued web call is an open page; whether its visitor will ever come is not known.
    const [active, ringing, queued, aboutToDial] = [
      of('active'),
      of('ringing'),
      of('queued', 'phone'),
      of('dialing'),
    ];
    return {
      ...{ active, ringing, queued, aboutToDial, liveRooms, perTrunk },
      ...capacityOf(hosts),
      desiredReplicas: desiredReplicas(hosts, active + ringing + queued + aboutToDial),
    };
  },
});

async function callsPerTrunk({ db }: OperationContext): Promise<Workload['perTrunk']> {
  const { workspaceId, sipAddress, authUsername } = phoneNumbers;
  const rows = await db
    .select({ workspaceId, sipAddress, authUsername, calls: count() })
    .from(calls)
    .innerJoin(phoneNumbers, eq(phoneNumbers.id, calls.phoneNumberId))
    .where(
      and(
        isNull(calls.finalizedAt),
        eq(calls.channel, 'phone'),
        inArray(calls.status, ['dialing', 'ringing', 'active']),
      ),
    )
    .groupBy(workspaceId, sipAddress, authUsername);
  return rows
    .map((row) => ({ trunk: trunkLabel(row.workspaceId, trunkKey(row)), active: row.calls }))
    .sort((a, b) => (a.trunk < b.trunk ? -1 : 1));
}

function capacityOf(hosts: readonly HostHeartbeat[]) {
  const open = hosts.filter((host) => !host.draining);
  const perAgent = new Map<string, number>();
  for (const host of hosts) perAgent.set(host.agentName, (perAgent.get(host.agentName) ?? 0) + host.active);
  return {
    slots: open.reduce((sum, host) => sum + host.slots, 0),
    freeSlots: open.reduce((sum, host) => sum + Math.max(0, host.slots - host.active), 0),
    hosts: hosts.length,
    loopDelayMs: Math.round(Math.max(0, ...hosts.map((host) => host.loopDelayMs))),
    perAgent: [...perAgent].map(([agentName, active]) => ({ agentName, active })),
  };
}

/** What a host holds when none is there to ask. */
const defaultSlots = 6;

/** Never below one: the first caller must not wait for a host to start. */
export function desiredReplicas(hosts: readonly HostHeartbeat[], demand: number): number {
  const total = hosts.reduce((sum, host) => sum + host.slots, 0);
  const slotsPerHost = hosts.length > 0 && total > 0 ? total / hosts.length : defaultSlots;
  return Math.max(1, Math.ceil(demand / slotsPerHost));
}
