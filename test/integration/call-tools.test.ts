import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eq } from 'drizzle-orm';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { twilioMessages } from '../../adapters/twilio-messages.ts';
import { startInboundCall } from '../../core/calls/index.ts';
import type { RemoteToolName } from '../../core/tools/remote-tools.ts';
import { runCallTool } from '../../core/tools/run-call-tool.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { calls } from '../../db/schema/calls.ts';
import { doNotCall } from '../../db/schema/do-not-call.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { textMessages } from '../../db/schema/text-messages.ts';
import { sendTextMessage } from '../../jobs/messages/send-text-message.ts';
import { createLogger } from '../../platform/log.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const callerNumber = '+14155559876';
let t: TestContext;
beforeAll(async () => {
  t = await testContext();
});
afterAll(() => t[Symbol.asyncDispose]());

let rooms = 0;
async function newCall(personNumber: string | null = callerNumber) {
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx);
  const line = await newLine(t, ctx, agent.id, `+1202557${1_000 + ++rooms}`);
  const plan = await startInboundCall(t.system(), {
    phoneNumberId: line.id,
    roomName: `in-${rooms}-_${personNumber ?? 'anonymous'}_abc`,
  });
  await t.db.update(calls).set({ fromNumber: personNumber }).where(eq(calls.id, plan.callId));
  let uses = 0;
  return {
    plan,
    line,
    use: (name: RemoteToolName, args: Record<string, unknown>, toolCallId = `use-${++uses}`) =>
      runCallTool(t.system(), { callId: plan.callId, epoch: 1, toolCallId, name, arguments: args }),
  };
}

const tomorrow = (zone: string) =>
  DateTime.now().setZone(zone).plus({ days: 1 }).set({ hour: 15, minute: 30 });

describe('a call-back', () => {
  test('is kept for the time in the caller’s own zone, once for one use', async () => {
    const { plan, use } = await newCall();
    const at = tomorrow('America/New_York');
    const asked = {
      time: at.toFormat("yyyy-MM-dd'T'HH:mm"),
      time_zone: 'America/New_York',
      reason: 'a filling',
    };
    const answer = await use('schedule_callback', asked, 'same');
    await use('schedule_callback', asked, 'same');
    expect(answer).toMatchObject({ ok: true });
    expect(answer.words).toContain('at 3:30 PM (America/New_York)');
    const rows = await t.db.select().from(callbacks).where(eq(callbacks.callId, plan.callId));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      phoneNumber: callerNumber,
      timeZone: 'America/New_York',
      reason: 'a filling',
      status: 'pending',
    });
    expect(rows[0]?.dueAt.getTime()).toBe(at.startOf('minute').toMillis());
  });

  test('is moved when they ask for another time, and not moved back by the use that is reported again', async () => {
    const { plan, use } = await newCall();
    const at = (hour: number) => ({
      time: tomorrow('UTC').set({ hour }).toFormat("yyyy-MM-dd'T'HH:mm"),
      time_zone: 'UTC',
    });
    await use('schedule_callback', at(9), 'first');
    await use('schedule_callback', { ...at(10), phone_number: '+12125550188' });
    await use('schedule_callback', at(17));
    await use('schedule_callback', at(9), 'first');
    const rows = await t.db
      .select()
      .from(callbacks)
      .where(eq(callbacks.callId, plan.callId))
      .orderBy(callbacks.dueAt);
    expect(
      rows.map(({ dueAt, status, statusReason }) => [dueAt.getUTCHours(), status, statusReason]),
    ).toEqual([
      [9, 'canceled', 'They asked for another time.'],
      [10, 'pending', ''],
      [17, 'pending', ''],
    ]);
  });

  test('is promised to five other numbers in one conversation, and to no more', async () => {
    const { use } = await newCall();
    const time = tomorrow('UTC').toFormat("yyyy-MM-dd'T'HH:mm");
    const to = (n: number) =>
      use('schedule_callback', { time, time_zone: 'UTC', phone_number: `+1212555018${n}` });
    for (let n = 0; n < 5; n++) expect(await to(n)).toMatchObject({ ok: true });
    expect(await to(5)).toMatchObject({ ok: false, words: expect.stringContaining('no more') });
    expect(await to(4)).toMatchObject({ ok: true });
  });

  test.each([
    [{ time: '2020-01-01T10:00', time_zone: 'UTC' }, 'has passed'],
    [{ time: '2999-01-01T10:00', time_zone: 'UTC' }, 'at most 90 days'],
    [{ time: '2026-12-01T10:00', time_zone: 'Mars/Olympus' }, 'no IANA time zone'],
    [{ time: 'tomorrow', time_zone: 'UTC' }, 'YYYY-MM-DDTHH:MM'],
    [{}, 'time:'],
    [{ time: '2026-12-01T10:00', time_zone: 'UTC', phone_number: '12' }, 'phone_number'],
  ])('%j is refused with words for the model', async (asked, words) => {
    const { use } = await newCall();
    const answer = await use('schedule_callback', asked);
    expect(answer).toMatchObject({ ok: false });
    expect(answer.words).toContain(words);
  });

  test('is meant where the number is, when that is one zone only; else the caller is asked', async () => {
    const time = tomorrow('America/Los_Angeles').toFormat("yyyy-MM-dd'T'HH:mm");
    expect((await (await newCall()).use('schedule_callback', { time })).words).toContain(
      'America/Los_Angeles',
    );
    const mobile = await newCall('+61412345678');
    expect(await mobile.use('schedule_callback', { time })).toMatchObject({
      ok: false,
      words: expect.stringContaining('which city or time zone'),
    });
  });
});

test('who has opted out is promised no call-back any more, and hears it', async () => {
  const { plan, use } = await newCall();
  await use('opt_out', { reason: 'stop calling' });
  const time = tomorrow('America/New_York').toFormat("yyyy-MM-dd'T'HH:mm");
  expect(await use('schedule_callback', { time, time_zone: 'America/New_York' })).toMatchObject({
    ...{ ok: false, words: expect.stringContaining('do-not-call list') },
  });
  expect(await t.db.$count(callbacks, eq(callbacks.callId, plan.callId))).toBe(0);
});

test('opting out puts the number on the do-not-call list; twice changes nothing; without a number it is said', async () => {
  const { plan, use } = await newCall();
  await use('opt_out', { reason: 'stop calling' });
  expect(await use('opt_out', {})).toMatchObject({ ok: true });
  const rows = await t.db.select().from(doNotCall).where(eq(doNotCall.workspaceId, plan.workspaceId));
  expect(rows).toMatchObject([{ phone: callerNumber, source: 'opt_out', callId: plan.callId }]);
  const hidden = await newCall(null);
  expect(await hidden.use('opt_out', {})).toMatchObject({ ok: false });
});

test('who withholds their number opts out by saying it; nobody opts out for another', async () => {
  const listed = async ({ plan }: Awaited<ReturnType<typeof newCall>>) =>
    (await t.db.select().from(doNotCall).where(eq(doNotCall.workspaceId, plan.workspaceId))).map(
      ({ phone }) => phone,
    );
  const hidden = await newCall(null);
  expect(await hidden.use('opt_out', { phone_number: '+14155550177' })).toMatchObject({ ok: true });
  expect(await listed(hidden)).toEqual(['+14155550177']);
  const known = await newCall();
  await known.use('opt_out', { phone_number: '+14155550178', reason: 'never again '.repeat(100) });
  expect(await listed(known)).toEqual([callerNumber]);
});

test('a tool is refused when another worker has the call', async () => {
  const { plan } = await newCall();
  await expect(
    runCallTool(t.system(), {
      callId: plan.callId,
      epoch: 2,
      toolCallId: 'late',
      name: 'opt_out',
      arguments: {},
    }),
  ).rejects.toMatchObject({ code: 'conflict' });
});

describe('a text message', () => {
  const log = createLogger('test', { level: 'silent' });
  const send = (messageId: string) => sendTextMessage(t.system(), log, messageId);

  async function queued() {
    const { plan, line, use } = await newCall();
    expect(await use('send_message', { text: 'See you at nine.' })).toMatchObject({ ok: true });
    const here = eq(textMessages.callId, plan.callId);
    const read = async () => {
      const [row] = await t.db.select().from(textMessages).where(here);
      if (!row) throw new Error('no message');
      return row;
    };
    return { id: (await read()).id, read, use, line, plan };
  }

  test('is queued with the job that sends it, to the caller, from the number of the agent', async () => {
    const { id, read, line } = await queued();
    expect(await read()).toMatchObject({
      status: 'queued',
      toNumber: callerNumber,
      fromNumber: line.e164,
      body: 'See you at nine.',
    });
    const jobs = await t.db
      .select()
      .from(outbox)
      .where(eq(outbox.key, `text-${id}`));
    expect(jobs).toMatchObject([{ name: 'send-text-message', payload: { messageId: id } }]);
  });

  test('is kept and said to be held where no carrier is configured', async () => {
    t.ports.messenger = null;
    const { id, read } = await queued();
    await send(id);
    expect(await read()).toMatchObject({ status: 'held', error: 'No carrier is configured.' });
  });

  test('is one of at most five in a call', async () => {
    const { use } = await queued();
    for (let n = 0; n < 4; n++) await use('send_message', { text: `${n}` });
    expect(await use('send_message', { text: 'too many' })).toMatchObject({ ok: false });
  });

  test('goes to nobody else who is on the do-not-call list, or has had enough that day', async () => {
    const { plan, use } = await newCall();
    const { workspaceId } = plan;
    const [unwilling, weary] = ['+14155550177', '+14155550178'];
    await t.db
      .insert(doNotCall)
      .values({ workspaceId, phone: unwilling, source: 'opt_out', addedBy: 'agent' });
    const earlier = Array.from({ length: 5 }, (_, n) => ({
      requestKey: `${workspaceId}-${n}`,
      body: `${n}`,
    }));
    await t.db.insert(textMessages).values(earlier.map((row) => ({ ...row, workspaceId, toNumber: weary })));
    const write = (phone_number: string) => use('send_message', { text: 'Hello.', phone_number });
    expect((await write(unwilling)).words).toContain('do-not-call list');
    expect((await write(weary)).words).toContain('too many messages within a day');
    expect(await t.db.$count(textMessages, eq(textMessages.callId, plan.callId))).toBe(0);
    expect(await write('+14155550179')).toMatchObject({ ok: true });
    await use('opt_out', {});
    expect(await write(callerNumber)).toMatchObject({ ok: true });
  });

  test('goes to Twilio in its own words, once', async () => {
    await using twilio = await fakeTwilio((response) =>
      response.writeHead(201).end(JSON.stringify({ sid: 'SM1', status: 'queued' })),
    );
    t.ports.messenger = twilio.messenger;
    const { id, read, line } = await queued();
    await Promise.all([send(id), send(id)]);
    expect(twilio.seen).toEqual([
      {
        path: '/2010-04-01/Accounts/AC1/Messages.json',
        authorization: `Basic ${Buffer.from('AC1:secret').toString('base64')}`,
        form: { To: callerNumber, From: line.e164, Body: 'See you at nine.' },
      },
    ]);
    expect(await read()).toMatchObject({ status: 'sent', carrier: 'twilio', carrierMessageId: 'SM1' });
  });

  test('that Twilio refuses has failed, with its words', async () => {
    await using twilio = await fakeTwilio((response) =>
      response.writeHead(400).end(JSON.stringify({ code: 21211, message: 'Invalid number', status: 400 })),
    );
    t.ports.messenger = twilio.messenger;
    const { id, read } = await queued();
    await send(id);
    expect(await read()).toMatchObject({
      status: 'failed',
      error: 'Twilio refused: Invalid number (error 21211)',
    });
  });

  test('that was surely not taken goes again; one whose fate is unknown does not', async () => {
    await using busy = await fakeTwilio((response, count) =>
      response.writeHead(count === 1 ? 429 : 201).end(JSON.stringify({ sid: 'SM2' })),
    );
    t.ports.messenger = busy.messenger;
    const first = await queued();
    await expect(send(first.id)).rejects.toThrow('Twilio refused: status 429');
    expect(await first.read()).toMatchObject({ status: 'queued' });
    await send(first.id);
    expect(await first.read()).toMatchObject({ status: 'sent', carrierMessageId: 'SM2' });

    await using away = await fakeTwilio((response) => response.writeHead(429).end('{}'));
    t.ports.messenger = away.messenger;
    const last = await queued();
    await sendTextMessage(t.system(), log, last.id, true);
    expect(await last.read()).toMatchObject({ status: 'failed', error: 'Twilio refused: status 429' });

    await using broken = await fakeTwilio((response) => response.destroy());
    t.ports.messenger = broken.messenger;
    const second = await queued();
    await send(second.id);
    await send(second.id);
    expect(await second.read()).toMatchObject({ status: 'failed' });
    expect(broken.seen).toHaveLength(1);
  });

  test('that was being sent when the process died is not sent a second time', async () => {
    await using twilio = await fakeTwilio((response) => response.writeHead(201).end('{"sid":"SM3"}'));
    t.ports.messenger = twilio.messenger;
    const { id, read } = await queued();
    const claimed = (agoMs: number) =>
      t.db
        .update(textMessages)
        .set({ status: 'sending', updatedAt: new Date(Date.now() - agoMs) })
        .where(eq(textMessages.id, id));
    // The job comes again before anybody knows; it has to come once more.
    await claimed(10_000);
    await expect(send(id)).rejects.toThrow('its answer is not in');
    await claimed(30_000);
    await send(id);
    expect(await read()).toMatchObject({ status: 'failed' });
    expect(twilio.seen).toEqual([]);
  });
});

async function fakeTwilio(answer: (response: ServerResponse, count: number) => unknown) {
  const seen: { path: string; authorization: string; form: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({
      path: request.url ?? '',
      authorization: request.headers.authorization ?? '',
      form: Object.fromEntries(new URLSearchParams(body)),
    });
    answer(response, seen.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    messenger: twilioMessages({
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_AUTH_TOKEN: 'secret',
      TWILIO_FROM: undefined,
      TWILIO_API_URL: `http://127.0.0.1:${port}`,
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
