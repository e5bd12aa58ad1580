import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dispose } from '@livekit/rtc-node';
import { afterAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../platform/is-alive.ts';
import { waitFor } from '../../platform/retry.ts';
import { thisNode } from '../harness/our-process.ts';
import { Rig } from './rig/rig.ts';

afterAll(() => dispose());

describe('worker hosts', () => {
  test('take exactly as many calls as they have slots, in a burst too', async () => {
    // Four: with three of them taken, livekit-server took the host for full.
    await using rig = await Rig.start({ WORKER_SLOTS: '4' });
    const plans = Array.from({ length: 7 }, () => rig.plan());
    await Promise.all(plans.map((plan) => rig.dispatch(plan)));
    const joined = () => plans.filter((plan) => rig.of(plan).length > 0);
    const four = () => joined().length === 4;
    // A host that is busy for a moment declines, and LiveKit does not ask again: as the product does, offer the rest
    // once more.
    await waitFor('four agents', four).catch(() =>
      Promise.all(plans.filter((plan) => rig.of(plan).length === 0).map((plan) => rig.dispatch(plan))),
    );
    await waitFor('four agents', four, { timeoutMs: 60_000 });
    const [beat] = await waitFor('a heartbeat of a full host', async () => {
      const beats = await rig.heartbeats();
      return beats[0]?.active === 4 ? beats : undefined;
    });
    expect(beat).toMatchObject({ slots: 4, active: 4 });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(joined()).toHaveLength(4);

    const [first] = joined();
    if (!first) throw new Error('no call');
    await rig.rooms().deleteRoom(first.roomName);
    await rig.event(first, 'ended');
    const next = rig.plan();
    await waitFor('the slot to be free', async () => (await rig.heartbeats())[0]?.active === 3);
    await rig.dispatch(next);
    await rig.event(next, 'agent.ready');
  });

  test('rehearse a turn before their first call, on the Node of this machine too: somebody is heard, thought about and answered', async () => {
    await using rig = await Rig.start({ WORKER_REHEARSAL: 'true', WORKER_NODE: thisNode.path });
    const reply = 'We are open from nine to five.';
    await waitFor('the answer', async () => rig.providers.spoken.join('').includes(reply), {
      timeoutMs: 20_000,
    });
    expect(rig.providers.chats[0]?.messages[0]?.content).toBe('You are rehearsing.');
  });

  test('come back to LiveKit after it was gone, and keep the process', async () => {
    await using rig = await Rig.start();
    const pid = await rig.hostPid();
    await rig.stack.stopLivekit();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await rig.stack.startLivekit();
    await waitFor(
      'an agent in a room',
      async () => {
        const plan = rig.plan();
        await rig.dispatch(plan).catch(() => undefined);
        return await rig.event(plan, 'agent.ready', undefined, 1_500).catch(() => undefined);
      },
      { timeoutMs: 25_000 },
    );
    expect(await rig.hostPid()).toBe(pid);
  });

  test('drain: a call that is there goes on to its end, new ones are declined, then the process goes', async () => {
    await using rig = await Rig.start();
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    const stopped = rig.stopWorker();
    await waitFor('a draining host', async () => (await rig.heartbeats())[0]?.draining);
    const late = rig.plan();
    await rig.dispatch(late);
    await caller.silence();
    const asked = await caller.ask();
    await caller.hears(asked - 200);
    expect(rig.of(late)).toHaveLength(0);
    await caller.leave();
    expect(await stopped).toBe(0);
    expect((await rig.event(plan, 'ended')).reason).toBe('caller_hung_up');
  });

  test('a second signal ends the calls politely', async () => {
    await using rig = await Rig.start();
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    const stopped = rig.stopWorker();
    await waitFor('a draining host', async () => (await rig.heartbeats())[0]?.draining);
    rig.worker?.kill('SIGTERM');
    expect(await stopped).toBe(0);
    expect((await rig.event(plan, 'ended')).reason).toBe('worker_stopped');
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'apology');
  });

  test('a killed host loses no event, its call is handed over to rescue, and another host takes its place', async () => {
    await using rig = await Rig.start();
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await rig.event(plan, 'agent.turn');
    const pid = await rig.hostPid();
    process.kill(pid, 'SIGKILL');
    const rescue = await waitFor('the rescue', async () => (await rig.queued('rescue-call'))[0]);
    expect(rescue).toEqual({ callId: plan.callId, epoch: 1 });
    const recorded = (await rig.queued('record-call-events')) as { events: { seq: number }[] }[];
    const seqs = recorded.flatMap(({ events }) => events.map(({ seq }) => seq)).sort((a, b) => a - b);
    expect(seqs).toEqual(rig.of(plan).map(({ seq }) => seq));
    await waitFor('another host', async () => {
      const beats = await rig.heartbeats();
      return beats.some((beat) => beat.pid !== pid);
    });
    // The caller is still in the room: the rescued call is dispatched there.
    const history = [{ role: 'user' as const, text: 'Are you there?' }];
    const rescued = { ...plan, epoch: 2, resume: { history, answeredAt: Date.now() - 5_000 } };
    const since = Date.now();
    await rig.dispatch(rescued);
    await caller.hears(since);
    await rig.event(rescued, 'agent.turn', ({ source }) => source === 'reply');
  });

  test('what happens while Redis is away is sent by the next host, though this one was killed', async () => {
    await using rig = await Rig.start();
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await rig.event(plan, 'agent.turn');
    const pid = await rig.hostPid();
    await rig.stack.stopRedis();
    await caller.ask();
    const spool = join(rig.stack.dataDir, 'spool');
    // Also one that was still being written when the host was killed.
    const files = () => readdir(spool).catch(() => []);
    const spooled = async (type: string) => {
      for (const name of await files())
        if ((await readFile(join(spool, name), 'utf8').catch(() => '')).includes(`"${type}"`)) return true;
      return false;
    };
    await waitFor('the question on disk', () => spooled('user.turn'), { timeoutMs: 20_000 });
    process.kill(pid, 'SIGKILL');
    await rig.stack.startRedis();
    await rig.event(plan, 'user.turn', undefined, 25_000);
    await waitFor('an empty spool', async () => (await files()).length === 0);
  });

  test('a process per call, by setting: the same call, and the same drain', async () => {
    await using rig = await Rig.start({ WORKER_ISOLATION: 'process', WORKER_SLOTS: '2' });
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.silence();
    const asked = await caller.ask();
    await caller.hears(asked - 200);
    await waitFor('a heartbeat with the call', async () =>
      (await rig.heartbeats()).some(({ calls }) => calls.includes(plan.callId)),
    );
    const stopped = rig.stopWorker();
    await caller.silence();
    expect(rig.of(plan).some(({ type }) => type === 'ended')).toBe(false);
    await caller.leave();
    expect((await rig.event(plan, 'ended')).reason).toBe('caller_hung_up');
    expect(await stopped).toBe(0);
  }, 120_000);

  test('a worker that cannot start says so and ends', async () => {
    await using rig = await Rig.start();
    await rig.stopWorker();
    await expect(rig.startWorker({ WORKER_NODE: '/bin/false' })).rejects.toThrow('ended before it was ready');
  });

  test('no process is left when the supervisor loses its parent', async () => {
    await using rig = await Rig.start();
    const pid = await rig.hostPid();
    rig.worker?.disconnect();
    await waitFor('the host to be gone', () => !isAlive(pid), { timeoutMs: 20_000 });
    await waitFor('the supervisor to be gone', () => rig.worker?.exitCode !== null);
  });
});
