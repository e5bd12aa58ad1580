import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { getCall, placeCall } from '../../core/calls/index.ts';
import type { Context } from '../../core/context.ts';
import { listNumbers, registerSipTrunk } from '../../core/numbers/index.ts';
import { inheritedEnv } from '../../platform/config.ts';
import { waitFor } from '../../platform/retry.ts';
import { answerAfter, busy } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { closeRoom } from '../../sip/rooms.ts';
import { newAgent, nextNumber } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { ourEnv, preferredNode } from '../harness/our-process.ts';
import { FakeFleet, jobServices, type SipStack, startSipStack } from '../sip/support.ts';

const entry = fileURLToPath(new URL('../../jobs/main.ts', import.meta.url));
let sip: SipStack;
const cleanups: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  sip = await startSipStack();
});
afterAll(() => sip?.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  for (const { name } of await sip.livekit.rooms.listRooms()) await closeRoom(sip.livekit, name);
});

interface JobsProcess {
  readonly child: ChildProcess;
  output(): string;
}

async function startJobs(t: TestContext): Promise<JobsProcess> {
  const child = spawn(preferredNode.path, [...preferredNode.args, entry], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...ourEnv(),
      DATABASE_URL: t.databaseUrl,
      REDIS_URL: sip.redis.url,
      LIVEKIT_URL: sip.stack.url.replace('http', 'ws'),
      LIVEKIT_API_KEY: sip.stack.apiKey,
      LIVEKIT_API_SECRET: sip.stack.apiSecret,
      INTERNAL_TOKEN: 'internal',
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'info',
    },
  });
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  cleanups.push(() => kill(child));
  const failed = once(child, 'exit').then(() => {
    throw new Error(`jobs ended: ${said}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
  return { child, output: () => said };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  return child.exitCode;
}

/** An agent, a number on a softphone's trunk and a fleet; the jobs process has to set the number up itself. */
async function rig() {
  const t = await testContext();
  cleanups.push(() => t[Symbol.asyncDispose]());
  const phone = await Softphone.listen();
  cleanups.push(() => phone.close());
  const fleet = new FakeFleet(sip);
  cleanups.push(() => fleet.close());
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx);
  const [fromNumber, toNumber] = [nextNumber(), nextNumber()];
  await registerSipTrunk(ctx, {
    phoneNumber: fromNumber,
    sipAddress: `${phone.address.host}:${phone.address.port}`,
    transport: 'udp',
    agentId: agent.id,
  });
  const synced = () =>
    waitFor('the number at LiveKit', async () => (await listNumbers(ctx, {}))[0]?.syncState === 'synced', {
      timeoutMs: 20_000,
    });
  const place = async () => (await placeCall(ctx, { fromNumber, toNumber })).id;
  return { t, ctx, phone, toNumber, synced, place };
}

const callOf = async (ctx: Context, callId: string) => (await getCall(ctx, { callId })).call;
const finalized = (ctx: Context, callId: string) =>
  waitFor(
    'the finalized call',
    async () => {
      const call = await callOf(ctx, callId);
      return call.finalizedAt !== null && call;
    },
    { timeoutMs: 30_000 },
  );

test('sets a new number up at LiveKit, dials a call from the outbox and closes it, all by itself', async () => {
  const { t, ctx, phone, synced, place } = await rig();
  const jobs = await startJobs(t);
  await synced();
  phone.onInvite(busy());
  const call = await finalized(ctx, await place());
  expect(call).toMatchObject({ status: 'ended', dialOutcome: 'busy', disposition: 'busy', sipStatus: 486 });
  expect(await kill(jobs.child, 'SIGTERM')).toBe(0);
  expect(jobs.output()).not.toMatch(/"level":"error"/);
});

test('killed while the phone rings, is followed by one that finds the answer and sends no second INVITE', async () => {
  const { t, ctx, phone, toNumber, synced, place } = await rig();
  const first = await startJobs(t);
  await synced();
  const rings: number[] = [];
  phone.onInvite(async (invite) => {
    rings.push(Date.now());
    await answerAfter(6_000)(invite);
  });
  const callId = await place();
  await waitFor('the ringing', () => rings.length > 0, { timeoutMs: 20_000 });
  await kill(first.child);
  await startJobs(t);
  await waitFor('the answer in the database', async () => (await callOf(ctx, callId)).status === 'active', {
    timeoutMs: 60_000,
  });
  expect(phone.invitesTo(toNumber)).toBe(1);
  expect(await callOf(ctx, callId)).toMatchObject({ dialOutcome: 'answered' });
  await hangUp(sip.livekit, { roomName: (await callOf(ctx, callId)).roomName, graceMs: 0 });
}, 100_000);

test('dials a call whose dial job was lost with Redis, after Redis is back, and says little meanwhile', async () => {
  const { t, ctx, phone, toNumber, synced, place } = await rig();
  const first = await startJobs(t);
  await synced();
  await kill(first.child, 'SIGTERM');
  phone.onInvite(busy());
  const callId = await place();
  // What a relay of another replica had handed over is lost with Redis; LiveKit keeps its own.
  await t.db.execute('update outbox set sent_at = now() where sent_at is null');
  const jobs = await startJobs(t);
  await sip.redis.down();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const linesWhileDown = jobs.output().split('\n').length;
  await sip.redis.up();
  expect(linesWhileDown).toBeLessThan(40);
  const call = await finalized(ctx, callId);
  expect(call.dialOutcome).toBe('busy');
  expect(phone.invitesTo(toNumber)).toBe(1);
}, 100_000);

test('stops within seconds although a call rings, and leaves that call to the next process', async () => {
  const { t, ctx, phone, toNumber, synced, place } = await rig();
  const first = await startJobs(t);
  await synced();
  let ringing = false;
  phone.onInvite(async (invite) => {
    ringing = true;
    await answerAfter(8_000)(invite);
  });
  const callId = await place();
  await waitFor('the ringing', () => ringing, { timeoutMs: 20_000 });
  const before = Date.now();
  expect(await kill(first.child, 'SIGTERM')).toBe(0);
  expect(Date.now() - before).toBeLessThan(8_000);
  await startJobs(t);
  await waitFor('the answer', async () => (await callOf(ctx, callId)).status === 'active', {
    timeoutMs: 60_000,
  });
  expect(phone.invitesTo(toNumber)).toBe(1);
}, 100_000);

test('says in one sentence what is missing when it is started by hand', async () => {
  const env = {
    PATH: inheritedEnv().PATH ?? '',
    LIVEKIT_URL: 'ws://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const child = spawn(preferredNode.path, [...preferredNode.args, entry], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(said).toContain('LIVEKIT_API_KEY is not set');
  expect(said).not.toContain('    at ');
});

test('runs sweeps that judge by LiveKit: a call whose room is gone is closed as such', async () => {
  const { t, ctx, phone, synced, place } = await rig();
  const jobs = await startJobs(t);
  await synced();
  phone.onInvite(answerAfter(100));
  const callId = await place();
  await waitFor('the answer', async () => (await callOf(ctx, callId)).status === 'active', {
    timeoutMs: 20_000,
  });
  // The agent (a fake) reports nothing, the room vanishes.
  await hangUp(sip.livekit, { roomName: (await callOf(ctx, callId)).roomName, graceMs: 0 });
  await t.db.execute(`update calls set updated_at = now() - interval '40 seconds' where id = '${callId}'`);
  const { services, close } = jobServices(t, sip);
  cleanups.push(close);
  await services.queues.get('reconcile-calls').add('reconcile-calls', {});
  const call = await finalized(ctx, callId);
  expect(call).toMatchObject({ status: 'ended', endReason: 'room_closed' });
  expect(jobs.output()).toContain('a call is reconciled');
}, 60_000);
