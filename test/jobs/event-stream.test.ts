import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import type { CallEvent } from '../../core/calls/events.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { EventSink } from '../../worker/report/event-sink.ts';
import { EventStream } from '../../worker/report/event-stream.ts';
import { flushSpool } from '../../worker/report/spool.ts';
import { startRedis } from '../harness/redis.ts';

const log = createLogger('test', { level: 'silent' });

test('a write that Redis carries out too late takes none of the events that follow with it', async () => {
  await using server = await startRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'events-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const sink = new EventSink(server.url, log);
  await sink.ready(20_000);
  const stream = new EventStream({ callId: newId(), epoch: 1, sink, dataDir, log });
  const say = (text: string) => stream.emit({ type: 'user.turn', text, startedAt: 1, endedAt: 2 });
  const admin = new Redis(server.url);
  const queue = new Queue<{ events: CallEvent[] }>('record-call-events', { connection: { url: server.url } });
  onTestFinished(async () => {
    await Promise.all([sink.close(), queue.close()]);
    admin.disconnect();
  });

  // Longer than a command may take (3 s): the first one is given up, and is carried out afterwards.
  await admin.client('PAUSE', 4_000, 'WRITE');
  say('one');
  say('two');
  say('three');
  await stream.close(20_000);
  await admin.client('UNPAUSE');
  await flushSpool(dataDir, sink, log);

  const jobs = await queue.getJobs(['waiting', 'delayed']);
  const seqs = new Set(jobs.flatMap(({ data }) => data.events.map(({ seq }) => seq)));
  expect([...seqs].sort()).toEqual([1, 2, 3]);
});
