import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { deleteAgent } from '../../core/agents/index.ts';
import { listCallbacks, placeDueCallbacks } from '../../core/callbacks/index.ts';
import { beginDial } from '../../core/calls/index.ts';
import { addDoNotCall, optOut } from '../../core/contacts/index.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { calls } from '../../db/schema/calls.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { newId } from '../../platform/ids.ts';
import { campaignRow } from '../factories/campaigns.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

let t: TestContext;
beforeAll(async () => {
  t = await testContext();
});
afterAll(() => t[Symbol.asyncDispose]());
afterEach(() => t.db.delete(callbacks).then(() => undefined));

/** Eleven in the morning in New York, a Tuesday. */
const eleven = Date.parse('2026-03-03T16:00:00Z');
const hour = 3_600_000;
/** As the sweep does, at this moment. */
const place = (atMs = eleven) =>
  placeDueCallbacks({ ...t.system(), services: { ...t.services, clock: () => atMs } }, {});

let people = 0;
const newYorker = () => `+1212555${String(5_000 + ++people)}`;

interface Line {
  readonly workspaceId: string;
  readonly agent: Awaited<ReturnType<typeof newAgent>>;
  readonly line: Awaited<ReturnType<typeof newLine>>;
  readonly phone: string;
}

const callIn = ({ workspaceId, agent, line, phone }: Line) => ({
  ...{ workspaceId, agentId: agent.id, agentVersionId: agent.liveVersionId, phoneNumberId: line.id },
  ...({ channel: 'phone', direction: 'inbound', roomName: newId() } as const),
  ...{ fromNumber: phone, toNumber: line.e164 },
});

/** Somebody who called in, asked for another call, and hung up. */
async function asked({
  dueMs = eleven - 1_000,
  call: given = {},
  callback = {},
}: {
  dueMs?: number;
  call?: Partial<typeof calls.$inferInsert>;
  callback?: Partial<typeof callbacks.$inferInsert>;
} = {}) {
  const { ctx, workspaceId } = await newPerson(t);
  const agent = await newAgent(ctx);
  const line = await newLine(t, ctx, agent.id, nextNumber());
  const phone = newYorker();
  const over = new Date(dueMs - hour);
  const [call] = await t.db
    .insert(calls)
    .values({
      ...callIn({ workspaceId, agent, line, phone }),
      ...{ status: 'ended', endedAt: over, finalizedAt: over, disposition: 'completed' },
      ...given,
    })
    .returning();
  const values = {
    ...{ workspaceId, agentId: agent.id, callId: call?.id ?? null, phoneNumber: phone },
    ...{ dueAt: new Date(dueMs), timeZone: 'America/New_York', reason: 'a filling', ...callback },
  };
  const [row] = await t.db
    .insert(callbacks)
    .values({ ...values, requestKey: newId() })
    .returning();
  const now = async () =>
    (
      await t.db
        .select()
        .from(callbacks)
        .where(eq(callbacks.id, row?.id ?? ''))
    )[0];
  return { ctx, workspaceId, agent, line, phone, values, now };
}

const callOf = async (id: string | null | undefined) =>
  (
    await t.db
      .select()
      .from(calls)
      .where(eq(calls.id, id ?? ''))
  )[0];

test('a call-back that is due is placed once, by the agent and from the number that were called', async () => {
  const { agent, line, phone, now } = await asked();
  const both = await Promise.all([place(), place()]);
  expect(both.map(({ placed }) => placed).sort()).toEqual([0, 1]);
  const row = await now();
  expect(row?.status).toBe('taken');
  expect(await callOf(row?.placedCallId)).toMatchObject({
    ...{ agentId: agent.id, fromNumber: line.e164, toNumber: phone, threadId: phone, status: 'queued' },
    ...{ campaignId: null, variables: { callback_reason: 'a filling' } },
  });
  const jobs = await t.db.select().from(outbox).where(eq(outbox.name, 'dial-call'));
  expect(jobs.map(({ payload }) => payload)).toContainEqual({ callId: row?.placedCallId });
  expect((await place()).placed).toBe(0);
});

test.each([
  ['it is not due', { dueMs: eleven + hour }],
  ['the call in which it was asked for is not settled', { call: { finalizedAt: null } }],
  ['it was asked for on a web page', { call: { channel: 'web' as const } }],
  ['it is for another number than the one it was asked from', { callback: { phoneNumber: '+12125556999' } }],
  ['it was asked for in writing', { callback: { callId: null } }],
])('nothing is placed while %s', async (_why, fields) => {
  const { now } = await asked(fields);
  expect(await place()).toEqual({ placed: 0, looked: 0 });
  expect(await now()).toMatchObject({ status: 'pending', placedCallId: null });
});

test('nobody is called back at night: it waits for the morning, by the clock of whoever is called', async () => {
  const night = Date.parse('2026-03-04T03:30:00Z');
  const { now } = await asked({ dueMs: night - 1_000 });
  expect(await place(night)).toEqual({ placed: 0, looked: 1 });
  expect(await now()).toMatchObject({
    ...{ status: 'pending', statusReason: 'outside_window', notBefore: new Date('2026-03-04T13:00:00Z') },
  });
  expect(await place(night + hour)).toEqual({ placed: 0, looked: 0 });
  expect(await place(Date.parse('2026-03-04T13:00:00Z'))).toEqual({ placed: 1, looked: 1 });
  expect(await now()).toMatchObject({ status: 'taken', statusReason: '' });
});

test('who has opted out since is not called back', async () => {
  const { ctx, phone, now } = await asked();
  await optOut(ctx, { phone });
  expect((await place()).placed).toBe(0);
  expect(await now()).toMatchObject({
    status: 'canceled',
    statusReason: expect.stringContaining('do-not-call'),
  });
});

test('an opt-out ends what was promised to the number, at once, and says so; what others asked for stays', async () => {
  const { ctx, phone, values, now } = await asked({ dueMs: Date.now() + hour });
  const other = newYorker();
  await t.db.insert(callbacks).values([
    { ...values, requestKey: newId(), phoneNumber: other },
    { ...values, requestKey: newId(), status: 'canceled', statusReason: 'Its agent was deleted.' },
  ]);
  const stranger = await asked({ dueMs: Date.now() + hour, callback: { phoneNumber: phone } });
  await optOut(ctx, { phone });
  expect(await now()).toMatchObject({
    ...{ status: 'canceled', statusReason: expect.stringMatching(/^They want no calls any more/) },
  });
  const listed = await listCallbacks(ctx, {});
  expect(listed.filter(({ status }) => status === 'pending')).toMatchObject([{ phoneNumber: other }]);
  expect(listed.map(({ statusReason }) => statusReason)).toContain('Its agent was deleted.');
  expect(await stranger.now()).toMatchObject({ status: 'pending' });
});

test('a call-back that was placed is not dialed when they opt out before', async () => {
  const { ctx, phone, now } = await asked();
  expect((await place()).placed).toBe(1);
  const callId = (await now())?.placedCallId ?? '';
  await optOut(ctx, { phone });
  expect(await now()).toMatchObject({ status: 'canceled' });
  expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'call_back_canceled' });
  expect(await callOf(callId)).toMatchObject({ status: 'ended', dialedAt: null });
});

test('the do-not-call list of the campaign in whose call they asked counts, and another one does not', async () => {
  const mine = await asked();
  const theirs = await asked();
  for (const { ctx, workspaceId, values, phone } of [mine, theirs]) {
    const one = await campaignRow(t, { ctx, workspaceId });
    const another = await campaignRow(t, { ctx, workspaceId });
    await t.db
      .update(calls)
      .set({ campaignId: one.id })
      .where(eq(calls.id, values.callId ?? ''));
    const campaignId = workspaceId === mine.workspaceId ? one.id : another.id;
    await addDoNotCall(ctx, { campaignId, phones: [phone] });
  }
  expect(await mine.now()).toMatchObject({
    ...{ status: 'canceled', statusReason: 'Their number was put on the do-not-call list.' },
  });
  expect((await place()).placed).toBe(1);
  expect(await theirs.now()).toMatchObject({ status: 'taken' });
});

test('who is on the phone is called when they are not', async () => {
  const { workspaceId, agent, line, phone, now } = await asked();
  const [open] = await t.db
    .insert(calls)
    .values({
      ...callIn({ workspaceId, agent, line, phone }),
      status: 'active',
    })
    .returning();
  expect((await place()).placed).toBe(0);
  expect(await now()).toMatchObject({ status: 'pending', notBefore: new Date(eleven + 300_000) });
  await t.db.delete(calls).where(eq(calls.id, open?.id ?? ''));
  expect((await place(eleven + 300_000)).placed).toBe(1);
});

test('without an agent, a day late, or for the fourth time in a day it is given up, and it is said why', async () => {
  const deleted = await asked();
  await deleteAgent(deleted.ctx, { agentId: deleted.agent.id });
  const late = await asked({ dueMs: eleven - 25 * hour });
  const often = await asked();
  for (let n = 0; n < 3; n++) {
    const [before] = await t.db
      .insert(calls)
      .values({
        ...{ workspaceId: often.workspaceId, agentId: often.agent.id },
        ...{ agentVersionId: often.agent.liveVersionId, channel: 'phone', direction: 'outbound' },
        ...{
          roomName: newId(),
          status: 'ended',
          disposition: 'no_answer',
          createdAt: new Date(eleven - hour),
        },
        ...{ endedAt: new Date(eleven - hour), finalizedAt: new Date(eleven - hour) },
      })
      .returning();
    await t.db.insert(callbacks).values({
      ...{ ...often.values, requestKey: newId(), status: 'taken', placedCallId: before?.id ?? null },
    });
  }
  expect((await place()).placed).toBe(0);
  for (const [{ now }, why] of [
    [deleted, 'agent was deleted'],
    [late, 'whole day'],
    [often, '3 call-backs'],
  ] as const)
    expect(await now()).toMatchObject({ status: 'canceled', statusReason: expect.stringContaining(why) });
});

test('a trunk that is not ready is waited for', async () => {
  const { line, now } = await asked();
  await t.db.execute(`update phone_numbers set outbound_trunk_id = null where id = '${line.id}'`);
  expect((await place()).placed).toBe(0);
  expect(await now()).toMatchObject({ status: 'pending', statusReason: expect.stringContaining('trunk') });
});

test('those to come are told first, however many are over', async () => {
  const { ctx, values } = await asked({ dueMs: Date.now() + 2 * hour });
  const add = (dueMs: number, status: 'pending' | 'taken' | 'canceled', count = 1) =>
    t.db.insert(callbacks).values(
      Array.from({ length: count }, () => ({
        ...{ ...values, dueAt: new Date(Date.now() + dueMs), status, requestKey: newId() },
      })),
    );
  await add(-24 * hour, 'taken', 150);
  await add(hour, 'taken');
  await add(-hour, 'pending');
  await add(3 * hour, 'canceled');
  const hours = (await listCallbacks(ctx, {})).map(({ dueAt }) =>
    Math.round((dueAt.getTime() - Date.now()) / hour),
  );
  expect(hours).toHaveLength(100);
  expect(hours.slice(0, 5)).toEqual([-1, 1, 2, 3, -24]);
});
