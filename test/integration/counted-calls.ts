import { eq } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { Context } from '../../core/context.ts';
import { getCallSummary } from '../../core/reports/index.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { newAgent } from '../factories/lines.ts';
import { writeCalls } from '../factories/many-calls.ts';
import { newPerson } from '../factories/people.ts';
import type { TestContext } from '../harness/context.ts';

export const numbers = ['+12025550111', '+12025550112', '+12025550113'];

async function newCampaign(t: TestContext, workspaceId: string, agentId: string): Promise<string> {
  const [row] = await t.db
    .insert(campaigns)
    .values({ workspaceId, agentId, slug: 'spring', name: 'Spring', kind: 'batch', rules: {} })
    .returning();
  if (!row) throw new Error('The insert of a campaign returned nothing.');
  return row.id;
}

export async function busyWorkspace(t: TestContext, from: string, to: string, count: number) {
  const { ctx, workspaceId } = await newPerson(t);
  const agents = [await newAgent(ctx), await newAgent(ctx), await newAgent(ctx)];
  const campaignId = await newCampaign(t, workspaceId, agents[0]?.id ?? '');
  const stranger = await newPerson(t);
  const theirs = await newAgent(stranger.ctx);
  const span = { from: new Date(from), to: new Date(to), count };
  await writeCalls(t, { ...span, workspaceId, agents, numbers, campaignId });
  await writeCalls(t, { ...span, count: 200, workspaceId: stranger.workspaceId, agents: [theirs], numbers });
  return { ctx, workspaceId, agents, campaignId };
}

export interface Asked {
  startAt: Date;
  endAt: Date;
  timezone: string;
  channel?: 'phone' | 'web';
  direction?: 'inbound' | 'outbound';
  disposition?: 'completed' | 'busy';
  agentId?: string;
  phoneNumber?: string;
  campaignId?: string;
}

/** The same question to the calls themselves, one call at a time and grouped in JavaScript. */
export function counted(rows: readonly Raw[], asked: Asked, idOf: (call: Raw) => string) {
  const groups = new Map<string, { calls: number; answered: number; durationMs: number; turns: number }>();
  for (const call of rows) {
    if (call.finalizedAt === null || call.createdAt < asked.startAt || call.createdAt > asked.endAt) continue;
    const { channel, direction, disposition, agentId, campaignId } = asked;
    if (channel && call.channel !== channel) continue;
    if (direction && call.direction !== direction) continue;
    if (disposition && call.disposition !== disposition) continue;
    if (agentId && call.agentId !== agentId) continue;
    if (campaignId && call.campaignId !== campaignId) continue;
    if (asked.phoneNumber && lineOf(call) !== asked.phoneNumber) continue;
    const id = idOf(call);
    const group = groups.get(id) ?? { calls: 0, answered: 0, durationMs: 0, turns: 0 };
    group.calls += 1;
    group.answered += call.answeredAt === null ? 0 : 1;
    group.durationMs += call.durationMs ?? 0;
    group.turns += call.turnCount;
    groups.set(id, group);
  }
  return Object.fromEntries([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

export type Raw = typeof calls.$inferSelect;
export const callsOf = (t: TestContext, workspaceId: string) =>
  t.db.select().from(calls).where(eq(calls.workspaceId, workspaceId));
export const lineOf = (call: Raw) =>
  call.channel === 'web' ? null : call.direction === 'inbound' ? call.toNumber : call.fromNumber;

/** Every page of a call summary, in the form of `counted`. */
export async function summed(ctx: Context, asked: Asked, groupBy: Unit | 'agent' | 'number' | 'disposition') {
  const unit = (['hour', 'day', 'week', 'month'] as const).find((one) => one === groupBy) ?? 'day';
  const groups = new Map<string, unknown>();
  for (let page = 1, more = true; more; page++) {
    const { items, total } = await getCallSummary(ctx, { ...asked, groupBy, page, pageSize: 100 });
    for (const { at, key, calls: of, answered, durationMs, turns } of items)
      if (of > 0)
        groups.set(at ? nameOfGroup(at, unit, asked.timezone) : (key ?? 'none'), {
          calls: of,
          answered,
          durationMs,
          turns,
        });
    more = page * 100 < total;
  }
  return Object.fromEntries([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

export type Unit = 'hour' | 'day' | 'week' | 'month';
/** A group as a report names it. */
export const nameOfGroup = (at: Date, unit: Unit, zone: string): string =>
  unit === 'hour' ? at.toISOString() : nameOf(at, unit, zone);

/**
 * A day as its date, because midnight may come twice; an hour as its first moment by the clock as it stands, which is
 * the moment of the leap where the clock had leapt since.
 */
export const nameOf = (at: Date, unit: Unit, zone: string): string => {
  const local = DateTime.fromJSDate(at, { zone });
  if (unit !== 'hour') return local.startOf(unit).toISODate() ?? '';
  let start = at.getTime() - ((at.getTime() + local.offset * 60_000) % 3_600_000);
  while (DateTime.fromMillis(start, { zone }).offset !== local.offset) start += 15 * 60_000;
  return new Date(start).toISOString();
};

/** Clocks that leap by an hour or half of one, at midnight or at night; zones beside the full hour. */
export const zones = [
  'UTC',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'America/Havana',
  'Africa/Cairo',
];
