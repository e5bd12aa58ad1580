import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { beginDial, clearDial, finalizeCall, recordDialOutcome } from '../../core/calls/index.ts';
import { type DialerLimits, MemoryPacer, tick } from '../../core/campaigns/engine/index.ts';
import { type CampaignWithNumbers, createCampaign, startCampaign } from '../../core/campaigns/index.ts';
import type { HostHeartbeat } from '../../core/fleet.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import type { TestContext } from '../harness/context.ts';
import { callableNumber } from './callable.ts';
import { allDay, type ContactRow, contactRow } from './campaigns.ts';
import { newAgent, newLine } from './lines.ts';
import { newPerson } from './people.ts';

export const roomy: DialerLimits = {
  ...{ inboundShare: 0, workspaceCalls: 1_000, trunkCallsPerSecond: 1_000, trunkChannels: 1_000 },
};

/** A worker host with this many slots. */
export const host = (slots: number, active = 0): HostHeartbeat => ({
  ...{ hostId: randomUUID(), agentName: 'test', pid: 1, slots, active, calls: [], draining: false },
  ...{ loopDelayMs: 1, rssBytes: 1, nodeVersion: 'v24', at: Date.now() },
});

/** A running campaign of people who may be called now. */
export async function runningCampaign(
  t: TestContext,
  {
    people = 0,
    slots = 1_000,
    ...given
  }: { people?: number; slots?: number } & Partial<Parameters<typeof createCampaign>[1]> = {},
) {
  const owner = await newPerson(t);
  const agent = await newAgent(owner.ctx);
  const line = await newLine(t, owner.ctx, agent.id);
  t.ports.workerHosts = [host(slots)];
  const campaign = await createCampaign(owner.ctx, {
    ...{ name: 'Reminders', agentId: agent.id, fromNumbers: [line.e164], rules: { windows: allDay } },
    ...given,
  });
  await startCampaign(owner.ctx, { campaign: campaign.id });
  const contacts: ContactRow[] = [];
  for (let n = 0; n < people; n++) contacts.push(await addPerson(t, campaign, callableNumber(n)));
  return { ...owner, agent, line, campaign, contacts };
}

export const addPerson = (
  t: TestContext,
  { id, workspaceId, version }: Pick<CampaignWithNumbers, 'id' | 'workspaceId' | 'version'>,
  phone: string,
  values: Partial<Parameters<typeof contactRow>[2]> = {},
) =>
  // What the campaign's rules are does not matter to the row.
  contactRow(t, { id, workspaceId, version } as Parameters<typeof contactRow>[1], {
    nextAttemptAt: new Date(Date.now() - 60_000),
    ...values,
    phone,
  });

/** A dialer of its own: looks as often as it is asked to. */
export function dialer(t: TestContext, limits: Partial<DialerLimits> = {}, pacer = new MemoryPacer()) {
  return {
    pacer,
    look: (nowMs = Date.now()) => tick(t.system(), { pacer, limits: { ...roomy, ...limits }, nowMs }),
    /** Lets the trunks come to full speed. */
    warm: async () => {
      const from = Date.now() - 60_000;
      for (let s = 0; s < 30; s++)
        await tick(t.system(), { pacer, limits: { ...roomy, ...limits }, nowMs: from + s * 1_000 });
    },
  };
}

export const attemptsOf = (t: TestContext, campaignId: string) =>
  t.db.select().from(attempts).where(eq(attempts.campaignId, campaignId)).orderBy(attempts.createdAt);

type Outcome = Parameters<typeof recordDialOutcome>[1]['outcome'];

/** What the dial job does with a queued call, up to its end; an answer says when the agent's first word was. */
export async function dialAndEnd(
  t: TestContext,
  callId: string,
  outcome: Outcome,
  { firstWordMs = 500, sipStatus = null }: { firstWordMs?: number | null; sipStatus?: number | null } = {},
): Promise<'rang' | string> {
  const order = await beginDial(t.system(), { callId });
  if ('skip' in order) return finish(order.skip);
  const clearance = await clearDial(t.system(), { callId });
  if ('skip' in clearance) return finish(clearance.skip);
  await recordDialOutcome(t.system(), { callId, outcome, sipStatus });
  if (outcome === 'answered') {
    const answeredAt = new Date();
    const firstWordAt = firstWordMs === null ? null : new Date(answeredAt.getTime() + firstWordMs);
    await t.db
      .update(calls)
      .set({ status: 'ended', answeredAt, firstWordAt, endedAt: answeredAt, endReason: 'caller_hung_up' })
      .where(eq(calls.id, callId));
  }
  return finish('rang');

  async function finish(how: string): Promise<string> {
    await finalizeCall(t.system(), { callId });
    return how;
  }
}

export async function contactOf(t: TestContext, id: string) {
  const [row] = await t.db.select().from(contacts).where(eq(contacts.id, id));
  if (!row) throw new Error('The contact is gone.');
  return row;
}

export const statusOf = async (t: TestContext, campaignId: string) =>
  (await t.db.select().from(campaigns).where(eq(campaigns.id, campaignId)))[0];
