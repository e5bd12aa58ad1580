import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { getPublishedAgent } from '../../core/agents/get-published.ts';
import { deleteAgent, updateAgent } from '../../core/agents/index.ts';
import {
  endCall,
  getCall,
  getCallPlan,
  listCalls,
  placeCall,
  recordEvents,
  startInboundCall,
  startWebCall,
} from '../../core/calls/index.ts';
import { registerSipTrunk } from '../../core/numbers/index.ts';
import { agents } from '../../db/schema/agents.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { newId } from '../../platform/ids.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const toNumber = '+14155559876';
const sent = (t: TestContext, name: string) => t.db.select().from(outbox).where(eq(outbox.name, name));

describe('placing a call', () => {
  test('the call is queued together with the order to dial it', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const agent = await newAgent(ctx);
    const { e164: fromNumber, id } = await newLine(t, ctx, agent.id);
    const call = await placeCall(await withRole(t, ctx, 'member'), {
      fromNumber,
      toNumber: '+1 415 555 9876',
      variables: { customer_name: 'John', visits: 3, vip: true },
    });
    expect(call).toMatchObject({
      ...{ workspaceId, fromNumber, toNumber, status: 'queued', channel: 'phone', direction: 'outbound' },
      agentId: agent.id,
      agentVersionId: agent.liveVersionId,
      phoneNumberId: id,
      roomName: `call-${call.id}`,
      variables: { customer_name: 'John', visits: '3', vip: 'true' },
    });
    expect(await sent(t, 'dial-call')).toMatchObject([
      { payload: { callId: call.id }, key: `dial-${call.id}` },
    ]);
  });

  test('a call that cannot be made is refused with the reason and leaves nothing behind', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const agent = await newAgent(ada.ctx);
    const foreign = await newLine(t, ben.ctx, (await newAgent(ben.ctx)).id);
    const unmapped = await newLine(t, ada.ctx, null);
    const raw = await registerSipTrunk(ada.ctx, {
      phoneNumber: nextNumber(),
      sipAddress: 'a.test',
      agentId: agent.id,
    });
    const ready = await newLine(t, ada.ctx, agent.id);
    const place = (fromNumber: string, to = toNumber) => placeCall(ada.ctx, { fromNumber, toNumber: to });
    await expect(place(foreign.e164)).rejects.toMatchObject({ code: 'not_found' });
    await expect(place(nextNumber())).rejects.toMatchObject({ code: 'not_found' });
    await expect(place(unmapped.e164)).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'fromNumber' }],
    });
    await expect(place(raw.e164)).rejects.toMatchObject({
      code: 'conflict',
      fields: [{ path: 'fromNumber' }],
    });
    await expect(place(ready.e164, '911')).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'toNumber' }],
    });
    await expect(place(ready.e164, ready.e164)).rejects.toMatchObject({ code: 'invalid' });
    expect(await listCalls(ada.ctx, {})).toMatchObject({ items: [], total: 0, nextCursor: null });
    expect(await sent(t, 'dial-call')).toEqual([]);
  });
});

describe('a call that comes in', () => {
  test('its plan is the agent of the number with the variables filled in', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const agent = await newAgent(ctx, {
      definition: {
        systemPrompt:
          'You are {{agent_name}}. {{caller_number}} calls {{called_number}} ({{call_direction}}).',
        firstMessage: 'Hello {{nobody}}, this is {{business}}!',
        variables: { business: 'Harbor Dental' },
      },
    });
    const line = await newLine(t, ctx, agent.id);
    const plan = await startInboundCall(t.system(), {
      phoneNumberId: line.id,
      roomName: 'call_+14155559876_x7Yz',
    });
    expect(plan).toMatchObject({
      ...{
        workspaceId,
        epoch: 1,
        channel: 'phone',
        direction: 'inbound',
        callerIdentity: null,
        resume: null,
      },
      agent: { id: agent.id, versionId: agent.liveVersionId, name: 'Front desk' },
      fromNumber: toNumber,
      toNumber: line.e164,
      definition: {
        systemPrompt: `You are Front desk. ${toNumber} calls ${line.e164} (inbound).`,
        firstMessage: 'Hello , this is Harbor Dental!',
      },
    });
  });

  test('asking again, or several times at once, for the same room gives the same call and plan', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const line = await newLine(t, ctx, (await newAgent(ctx)).id);
    const ask = () => startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'room-1' });
    const plans = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
    for (const plan of plans) expect(plan).toEqual(plans[0]);
    expect((await listCalls(ctx, {})).total).toBe(1);
  });

  test('a number without an agent, or that is gone, is not found', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx);
    const line = await newLine(t, ctx, agent.id);
    await deleteAgent(ctx, { agentId: agent.id });
    for (const phoneNumberId of [line.id, newId()])
      await expect(startInboundCall(t.system(), { phoneNumberId, roomName: 'r' })).rejects.toMatchObject({
        code: 'not_found',
      });
    await expect(startInboundCall(ctx, { phoneNumberId: line.id, roomName: 'r' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('a call keeps the version of the agent that it began with', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx);
    const line = await newLine(t, ctx, agent.id);
    const plan = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'r' });
    await updateAgent(ctx, { agentId: agent.id, definition: { firstMessage: 'Changed.' } });
    const again = await getCallPlan(t.system(), { callId: plan.callId, epoch: 1 });
    expect(again).toEqual(plan);
    expect(again.definition.firstMessage).toBe('Hello!');
  });
});

describe('a web call', () => {
  test('a visitor gets a token for a room of their own, by slug or by id of a published agent', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const agent = await newAgent(ctx, { webSlug: 'harbor' });
    for (const named of ['harbor', 'Harbor', agent.id]) {
      const started = await startWebCall(t.anonymous, { agent: named, visitorName: 'Vera' });
      expect(started).toMatchObject({
        roomName: `web-${started.call.id}`,
        agentName: 'Front desk',
        url: 'ws://livekit.test',
        call: { channel: 'web', direction: 'inbound', status: 'queued', workspaceId: agent.workspaceId },
      });
      expect(t.ports.issuedTokens.at(-1)).toMatchObject({
        identity: `caller-${started.call.id}`,
        name: 'Vera',
        plan: { callId: started.call.id, callerIdentity: `caller-${started.call.id}`, channel: 'web' },
      });
    }
  });

  test('an agent that is not published, is deleted or never was is not found', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const hidden = await newAgent(ctx);
    const deleted = await newAgent(ctx, { webSlug: 'gone' });
    await deleteAgent(ctx, { agentId: deleted.id });
    for (const agent of [hidden.id, deleted.id, 'gone', 'nobody', newId()])
      await expect(startWebCall(t.anonymous, { agent })).rejects.toMatchObject({ code: 'not_found' });
    expect(t.ports.issuedTokens).toEqual([]);
  });

  test('an id leads to the agent that has it, and to no other that has it as its slug', async () => {
    await using t = await testContext();
    const [ada, mallory] = [await newPerson(t, 'Ada'), await newPerson(t, 'Mallory')];
    const [agent, hidden] = [await newAgent(ada.ctx, { webSlug: 'harbor' }), await newAgent(ada.ctx)];
    const message = expect.stringContaining('choose words');
    await expect(newAgent(mallory.ctx, { webSlug: agent.id })).rejects.toMatchObject({
      ...{ code: 'invalid', fields: [{ path: 'webSlug', message }] },
    });
    // As written by a version that let such slugs pass.
    for (const { id } of [agent, hidden]) {
      const impostor = await newAgent(mallory.ctx, { name: 'Impostor' });
      await t.db.update(agents).set({ webSlug: id }).where(eq(agents.id, impostor.id));
    }
    expect((await startWebCall(t.anonymous, { agent: agent.id })).call.agentId).toBe(agent.id);
    expect(await getPublishedAgent(t.anonymous, { agent: agent.id })).toMatchObject({ id: agent.id });
    for (const open of [startWebCall, getPublishedAgent])
      await expect(open(t.anonymous, { agent: hidden.id })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('reading calls', () => {
  test('the list pages newest first and every filter narrows it', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const [agent, other] = [await newAgent(ctx, { webSlug: 'a' }), await newAgent(ctx)];
    const [line, second] = [await newLine(t, ctx, agent.id), await newLine(t, ctx, other.id)];
    const before = new Date();
    const inbound = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'r1' });
    const outbound = await placeCall(ctx, { fromNumber: second.e164, toNumber });
    const web = await startWebCall(t.anonymous, { agent: 'a' });
    const ids = async (filter: Parameters<typeof listCalls>[1]) => {
      const { items, total } = await listCalls(ctx, filter);
      expect(total).toBeGreaterThanOrEqual(items.length);
      return items.map((item) => item.id);
    };
    expect(await ids({})).toEqual([web.call.id, outbound.id, inbound.callId]);
    expect(await ids({ page: 2, pageSize: 2 })).toEqual([inbound.callId]);
    expect(await ids({ channel: 'web' })).toEqual([web.call.id]);
    expect(await ids({ direction: 'outbound' })).toEqual([outbound.id]);
    expect(await ids({ agentId: other.id })).toEqual([outbound.id]);
    expect(await ids({ disposition: 'completed' })).toEqual([]);
    expect(await ids({ campaignId: newId() })).toEqual([]);
    expect(await ids({ endAt: new Date(before.getTime() - 1_000) })).toEqual([]);
    expect(await ids({ startAt: new Date(before.getTime() - 1_000) })).toHaveLength(3);
    await expect(listCalls(ctx, { startAt: new Date(2), endAt: new Date(1) })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'endAt' }],
    });
    await expect(listCalls(ctx, { pageSize: 101 })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a call is read with its transcript and the latency of each turn', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const line = await newLine(t, ctx, (await newAgent(ctx)).id);
    const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'r1' });
    await recordEvents(t.system(), { events: eventsOf(callId, conversation()) });
    const { call, agentName, transcript, events } = await getCall(ctx, { callId });
    expect(agentName).toBe('Front desk');
    expect(call).toMatchObject({
      status: 'ended',
      turnCount: 3,
      fromNumber: toNumber,
      sipCallId: 'abc@carrier',
    });
    expect(transcript).toMatchObject([
      { role: 'agent', text: 'Hello!', latency: null },
      { role: 'user', text: 'When are you open?', interrupted: false },
      { role: 'agent', text: 'From nine to six.', interrupted: true, latency: { totalMs: 480 } },
    ]);
    expect(events).toEqual(eventsOf(callId, conversation()));
  });

  test('calls of another workspace, unknown ids and ids that are none are not found', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const line = await newLine(t, ben.ctx, (await newAgent(ben.ctx)).id);
    const { id } = await placeCall(ben.ctx, { fromNumber: line.e164, toNumber });
    for (const callId of [id, newId(), '1'])
      for (const attempt of [getCall, endCall])
        await expect(attempt(ada.ctx, { callId })).rejects.toMatchObject({ code: 'not_found' });
    expect((await listCalls(ada.ctx, {})).total).toBe(0);
  });
});

describe('ending a call', () => {
  test('a queued call is canceled at once, and only once', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const line = await newLine(t, ctx, (await newAgent(ctx)).id);
    const { id: callId } = await placeCall(ctx, { fromNumber: line.e164, toNumber });
    const ended = await endCall(ctx, { callId });
    expect(ended).toMatchObject({ status: 'ended', endReason: 'operator_hung_up' });
    expect(await endCall(ctx, { callId })).toEqual(ended);
    expect(await sent(t, 'finalize-call')).toHaveLength(1);
    expect(await sent(t, 'end-call')).toEqual([]);
  });

  test('a live call is ended by a job; the wish is remembered', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const line = await newLine(t, ctx, (await newAgent(ctx)).id);
    const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: 'r' });
    const call = await endCall(ctx, { callId });
    expect(call).toMatchObject({ status: 'ringing', endRequestedAt: expect.any(Date) });
    expect(await sent(t, 'end-call')).toMatchObject([{ payload: { callId } }]);
  });
});
