import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { updateAgent } from '../../core/agents/index.ts';
import { announceCall, getCall, listCalls, recordEvents, startInboundCall } from '../../core/calls/index.ts';
import { announcedCalls } from '../../db/schema/announced-calls.ts';
import { newId } from '../../platform/ids.ts';
import { eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const comesIn = (t: TestContext, phoneNumberId: string, caller: string, room = newId()) =>
  startInboundCall(t.system(), { phoneNumberId, roomName: `call_${caller}_${room}` });

async function desk(t: TestContext) {
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx, { definition: { firstMessage: 'Old, for {{plan}} {{caller_number}}.' } });
  await updateAgent(ctx, { agentId: agent.id, definition: { firstMessage: 'New.' } });
  const line = await newLine(t, ctx, agent.id);
  return { ctx, agent, line };
}

test('an announced call runs the version, the variables and the caller that were asked for, once', async () => {
  await using t = await testContext();
  const { ctx, agent, line } = await desk(t);
  const announced = await announceCall(ctx, {
    ...{ phoneNumber: line.e164, version: 1, variables: { plan: 'gold' }, callerNumber: '+14155559876' },
  });
  const plan = await comesIn(t, line.id, announced.dialAs, 'one');
  expect(plan).toMatchObject({
    callId: announced.id,
    agent: { id: agent.id, versionId: announced.agentVersionId },
    fromNumber: '+14155559876',
    definition: { firstMessage: 'Old, for gold +14155559876.' },
  });
  expect(await comesIn(t, line.id, announced.dialAs, 'one')).toEqual(plan);
  const attributes = { 'sip.phoneNumber': announced.dialAs };
  await recordEvents(t.system(), {
    events: eventsOf(plan.callId, [{ type: 'caller.joined', identity: 'c', attributes }]),
  });
  expect((await getCall(ctx, { callId: announced.id })).call).toMatchObject({
    fromNumber: '+14155559876',
    threadId: null,
    variables: { plan: 'gold' },
  });
  const second = await comesIn(t, line.id, announced.dialAs, 'two');
  expect(second.definition.firstMessage).toBe('New.');
});

test('several requests at once for the room of an announced call make one call of it', async () => {
  await using t = await testContext();
  const { ctx, line } = await desk(t);
  const { dialAs, id } = await announceCall(ctx, { phoneNumber: line.e164, version: 1 });
  const ask = () => comesIn(t, line.id, dialAs, 'room');
  const plans = await Promise.all([ask(), ask(), ask()]);
  expect(plans.map(({ callId }) => callId)).toEqual([id, id, id]);
  expect((await listCalls(ctx, {})).total).toBe(1);
});

test('another agent of the workspace may be called on the number, and a plus that got lost does no harm', async () => {
  await using t = await testContext();
  const { ctx, line } = await desk(t);
  const other = await newAgent(ctx, { name: 'Night desk' });
  const { dialAs } = await announceCall(ctx, { phoneNumber: line.e164, agentId: other.id });
  expect((await comesIn(t, line.id, dialAs.slice(1))).agent).toMatchObject({ id: other.id });
});

test('who makes a number up, dials another line or comes too late gets what everybody gets', async () => {
  await using t = await testContext();
  const { ctx, line, agent } = await desk(t);
  const otherLine = await newLine(t, ctx, agent.id);
  const { dialAs, id } = await announceCall(ctx, { phoneNumber: line.e164, version: 1 });
  const greeting = async (phoneNumberId: string, caller: string) =>
    (await comesIn(t, phoneNumberId, caller)).definition.firstMessage;
  expect(await greeting(line.id, '+999000000000000')).toBe('New.');
  expect(await greeting(otherLine.id, dialAs)).toBe('New.');
  await t.db
    .update(announcedCalls)
    .set({ expiresAt: new Date(0) })
    .where(eq(announcedCalls.id, id));
  expect(await greeting(line.id, dialAs)).toBe('New.');
  await announceCall(ctx, { phoneNumber: line.e164 });
  expect(await t.db.select().from(announcedCalls)).toHaveLength(1);
});

test('a number, an agent or a version of somebody else, and a number without an agent, cannot be announced', async () => {
  await using t = await testContext();
  const [mine, theirs] = [await desk(t), await desk(t)];
  const { ctx, line } = mine;
  const refused = (input: Parameters<typeof announceCall>[1], code: string) =>
    expect(announceCall(ctx, input)).rejects.toMatchObject({ code });
  await refused({ phoneNumber: theirs.line.e164 }, 'not_found');
  await refused({ phoneNumber: line.e164, agentId: theirs.agent.id }, 'not_found');
  await refused({ phoneNumber: line.e164, version: 3 }, 'not_found');
  await refused({ phoneNumber: (await newLine(t, ctx, null)).e164 }, 'invalid');
});
