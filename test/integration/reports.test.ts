import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import {
  beginDial,
  placeCall,
  recordEvents,
  startInboundCall,
  startWebCall,
} from '../../core/calls/index.ts';
import type { HostHeartbeat } from '../../core/fleet.ts';
import { trunkLabel } from '../../core/numbers/trunk-key.ts';
import { getWorkload } from '../../core/reports/index.ts';
import { calls } from '../../db/schema/calls.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

const host = (hostId: string, slots: number, active: number, draining = false): HostHeartbeat => ({
  ...{ hostId, slots, active, draining, agentName: 'trunkline', pid: 1, calls: [] },
  ...{ loopDelayMs: 1, rssBytes: 1, nodeVersion: 'v24.0.0', at: 0 },
});

test('an installation that rests wants one host', async () => {
  await using t = await testContext();
  expect(await getWorkload(t.anonymous, {})).toEqual({
    ...{
      active: 0,
      ringing: 0,
      queued: 0,
      aboutToDial: 0,
      slots: 0,
      freeSlots: 0,
      hosts: 0,
      loopDelayMs: 0,
      liveRooms: 0,
    },
    desiredReplicas: 1,
    ...{ perAgent: [], perTrunk: [] },
  });
});

test('the workload counts calls by what they do, and the slots that are open to them', async () => {
  await using t = await testContext();
  const { ctx, workspaceId } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx, { webSlug: 'a' })).id);
  const inbound = (roomName: string) => startInboundCall(t.system(), { phoneNumberId: line.id, roomName });
  const place = () => placeCall(ctx, { fromNumber: line.e164, toNumber: '+14155559876' });
  const [talking, , over] = [await inbound('r1'), await inbound('r2'), await inbound('r3')];
  await recordEvents(t.system(), { events: eventsOf(talking.callId, conversation().slice(0, 4)) });
  await recordEvents(t.system(), { events: eventsOf(over.callId, conversation()) });
  await place();
  await beginDial(t.system(), { callId: (await place()).id });
  await startWebCall(t.anonymous, { agent: 'a' });
  t.ports.workerHosts = [host('h1', 2, 1), host('h2', 2, 2, true)];
  t.ports.liveRooms = 5;
  expect(await getWorkload(t.anonymous, {})).toEqual({
    ...{ active: 1, ringing: 1, queued: 1, aboutToDial: 1 },
    ...{ slots: 2, freeSlots: 1, hosts: 2, loopDelayMs: 1, liveRooms: 5 },
    desiredReplicas: 2,
    perAgent: [{ agentName: 'trunkline', active: 3 }],
    perTrunk: [{ trunk: trunkLabel(workspaceId, 'sip.carrier.test'), active: 3 }],
  });
});

test('who was put through needs no host, unless what they say is recorded; the trunk has both', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx)).id);
  const bridge = async (roomName: string, recorder: boolean) => {
    const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName });
    await t.db
      .update(calls)
      .set({ status: 'active', bridgedAt: new Date(), recorderStays: recorder })
      .where(eq(calls.id, callId));
  };
  for (let n = 0; n < 8; n++) await bridge(`r${n}`, false);
  await bridge('recorded', true);
  expect(await getWorkload(t.anonymous, {})).toMatchObject({
    ...{ active: 1, desiredReplicas: 1 },
    perTrunk: [{ active: 9 }],
  });
});
