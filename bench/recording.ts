import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordingRate } from '../core/recordings/wav.ts';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/log.ts';
import { piecesFolder } from '../worker/recording/piece-file.ts';
import { Recording } from '../worker/recording/recording.ts';
import { benchOptions, printTable, type Row, writeJson } from './kit.ts';

/**
 * What it costs to record calls: CPU and memory of one call among many in real time, and the size on disk. Frames come
 * as in a call (the caller's every 50 ms at 16 kHz, the agent's every 50 ms at 24 kHz, half of the time); the native
 * side that brings them is not in it. Needs no argument; `--quick` is shorter, `--json FILE` writes the figures.
 */
const options = benchOptions();
const calls = 50;
const seconds = options.quick ? 10 : 30;
const frameMs = 50;

const dataDir = await mkdtemp(join(tmpdir(), 'trunkline-bench-'));
try {
  const rows = await measure();
  printTable(`Recording (${calls} calls at once, ${seconds} s)`, rows);
  writeJson(options.json, 'recording', rows);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function measure(): Promise<Row[]> {
  const log = createLogger('bench', { level: 'warn' });
  const ears = new Set<(samples: Int16Array, fresh: boolean) => void>();
  const listen = (hear: (samples: Int16Array, fresh: boolean) => void) => {
    ears.add(hear);
    return () => void ears.delete(hear);
  };
  const events = { emit: () => undefined };
  const recordings = Array.from({ length: calls }, () => {
    const plan = { callId: newId(), epoch: 1 };
    return new Recording({ plan, dataDir, events, log, listen });
  });
  const idle = await usage(async () => {
    for (let at = 0; at < 20; at++) await sleep(frameMs);
  });
  const before = process.memoryUsage.rss();
  for (const recording of recordings) recording.start();
  const cpu = await usage(() => talk(recordings, ears));
  const memory = process.memoryUsage.rss() - before;
  await Promise.all(recordings.map((recording) => recording.stop()));
  const bytes = await sizeOf(piecesFolder(dataDir));
  const row = (figure: string, unit: string, product: number): Row => ({
    figure,
    unit,
    product,
    baseline: null,
  });
  return [
    row('CPU of one recorded call', '% of a core', (100 * Math.max(0, cpu - idle)) / calls),
    row('memory of one recorded call', 'KiB', memory / calls / 1_024),
    row('a minute on disk', 'MB', (bytes / calls / seconds) * 60e-6),
  ];
}

async function talk(
  recordings: readonly Recording[],
  ears: ReadonlySet<(samples: Int16Array, fresh: boolean) => void>,
): Promise<void> {
  const caller = new Int16Array((recordingRate * frameMs) / 1_000).fill(1_000);
  const agent = { data: new Int16Array((24_000 * frameMs) / 1_000).fill(1_000), sampleRate: 24_000 };
  const startedAt = performance.now();
  for (let frame = 0; frame < (seconds * 1_000) / frameMs; frame++) {
    for (const ear of ears) ear(caller, frame === 0);
    // Five seconds of words, five of listening.
    if (Math.floor((frame * frameMs) / 5_000) % 2 === 0)
      for (const recording of recordings) recording.agentQueued(agent);
    const early = startedAt + (frame + 1) * frameMs - performance.now();
    if (early > 0) await sleep(early);
  }
}

/** Cores used while something runs. */
async function usage(run: () => Promise<void>): Promise<number> {
  const [cpu, at] = [process.cpuUsage(), performance.now()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1_000 / (performance.now() - at);
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
