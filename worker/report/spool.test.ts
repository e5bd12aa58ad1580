import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallEvent } from '../../core/calls/events.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { Backoff } from '../backoff.ts';
import { flushSpool, spoolEvents } from './spool.ts';

let dataDir: string;
let sent: CallEvent[];
const log = createLogger('test', { level: 'silent' });
const callId = newId();
const turn = (seq: number): CallEvent => ({
  ...{ callId, epoch: 1, seq, at: 1_000 + seq },
  ...{ type: 'user.turn', text: 'Hello.', startedAt: 1, endedAt: 2 },
});
const lines = (...events: readonly CallEvent[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');
const flush = () =>
  flushSpool(dataDir, { up: true, write: async (events) => void sent.push(...events) }, log);
const left = () => readdir(join(dataDir, 'spool'));
/** Of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'spool-'));
  await mkdir(join(dataDir, 'spool'));
  sent = [];
});
afterEach(() => rm(dataDir, { recursive: true }));

test('what was spooled is sent once and gone', async () => {
  await spoolEvents(dataDir, [turn(1), turn(2)]);
  expect(await flush()).toBe(2);
  expect(sent).toEqual([turn(1), turn(2)]);
  expect([await flush(), await left()]).toEqual([0, []]);
});

test('of a file that a killed process had not written to its end the whole lines are sent', async () => {
  const cut = lines(turn(1), turn(2)) + lines(turn(3)).slice(0, 40);
  await writeFile(join(dataDir, 'spool', `${callId}-1-1.jsonl.part-${deadPid()}`), cut);
  await writeFile(
    join(dataDir, 'spool', `${callId}-1-9.jsonl.part-${deadPid()}`),
    lines(turn(9)).slice(0, 9),
  );
  expect(await flush()).toBe(2);
  expect(sent).toEqual([turn(1), turn(2)]);
  expect(await left()).toEqual([]);
});

test('so is what a killed process was sending', async () => {
  await writeFile(join(dataDir, 'spool', `${callId}-1-1.jsonl.claimed-${deadPid()}`), lines(turn(1)));
  expect([await flush(), await left()]).toEqual([1, []]);
});

test('what a living process writes is left to it, unless that was long ago and it is another process', async () => {
  const path = join(dataDir, 'spool', `${callId}-1-1.jsonl.part-${process.pid}`);
  await writeFile(path, lines(turn(1)));
  expect([await flush(), (await left()).length]).toEqual([0, 1]);
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(path, anHourAgo, anHourAgo);
  expect([await flush(), await left()]).toEqual([1, []]);
});

test('what cannot be read stays for a person to look at', async () => {
  await writeFile(join(dataDir, 'spool', `${callId}-1-1.jsonl`), 'nonsense\n');
  expect([await flush(), await left()]).toEqual([0, [`${callId}-1-1.jsonl`]]);
});

test('one that the queue never takes holds up no other, and is tried less and less often', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const bad = newId();
    const tried: string[] = [];
    const write = async (events: readonly CallEvent[]) => {
      tried.push(events[0]?.callId === bad ? 'bad' : 'good');
      if (events[0]?.callId === bad) throw new Error('OOM');
      sent.push(...events);
    };
    const backoff = new Backoff();
    const look = async (afterMs: number) => {
      vi.setSystemTime(Date.now() + afterMs);
      tried.length = 0;
      await flushSpool(dataDir, { up: true, write }, log, backoff);
      return [...tried];
    };
    await spoolEvents(dataDir, [{ ...turn(1), callId: bad }]);
    await spoolEvents(dataDir, [turn(1)]);
    expect((await look(0)).sort()).toEqual(['bad', 'good']);
    expect([await look(9_000), await look(1_000), await look(19_000)]).toEqual([[], ['bad'], []]);
    expect(await left()).toEqual([`${bad}-1-1.jsonl`]);
    expect(await look(600_000)).toEqual(['bad']);
  } finally {
    vi.useRealTimers();
  }
});
