import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CallEvent, callEvent } from '../../core/calls/events.ts';
import { isAlive } from '../../platform/is-alive.ts';
import type { Logger } from '../../platform/log.ts';
import { Backoff } from '../backoff.ts';
import type { EventSink } from './event-sink.ts';

/**
 * Files of one event a line: `{call}-{epoch}-{seq}.jsonl`, followed by `.part-{pid}` while it is written and by
 * `.claimed-{pid}` while it is sent.
 */
const folder = (dataDir: string): string => join(dataDir, 'spool');
const inHand = /\.(part|claimed)-(\d+)$/;
/** A write takes milliseconds; after this long its process is another one that has got the same id. */
const abandonedAfterMs = 60_000;

/** Keeps events on disk that could not be enqueued before the call was over. */
export async function spoolEvents(dataDir: string, events: readonly CallEvent[]): Promise<void> {
  const [first] = events;
  if (!first) return;
  await mkdir(folder(dataDir), { recursive: true });
  const path = join(folder(dataDir), `${first.callId}-${first.epoch}-${first.seq}.jsonl`);
  const part = `${path}.part-${process.pid}`;
  await writeFile(part, events.map((event) => `${JSON.stringify(event)}\n`).join(''), { mode: 0o600 });
  await rename(part, path);
}

/**
 * Enqueues what an earlier call or process left in the spool. A file is claimed by renaming it, so that hosts on one
 * data folder do not both send it; what a process that is gone was sending, or had not written to its end, is taken
 * over, the latter up to its last whole line. One that cannot be sent holds up no other, and stays.
 *
 * @param backoff when to try again what could not be sent
 * @returns how many events were enqueued
 */
export async function flushSpool(
  dataDir: string,
  sink: Pick<EventSink, 'up' | 'write'>,
  log: Logger,
  backoff = new Backoff(),
): Promise<number> {
  const names = await readdir(folder(dataDir)).catch(() => []);
  let count = 0;
  for (const name of backoff.due(names)) {
    if (!sink.up) break;
    if (await isInLivingHands(dataDir, name)) continue;
    const from = join(folder(dataDir), name);
    const whole = join(folder(dataDir), name.replace(inHand, ''));
    const mine = `${whole}.claimed-${process.pid}`;
    try {
      await rename(from, mine);
      const events = eventsIn(await readFile(mine, 'utf8'));
      await sink.write(events);
      await rm(mine);
      count += events.length;
    } catch (error) {
      await rename(mine, whole).catch(() => undefined);
      // Redis that goes away meanwhile is no fault of the file.
      if (sink.up && backoff.failed(name.replace(inHand, '')))
        log.warn({ err: error, file: name }, 'spooled events could not be sent');
    }
  }
  if (count > 0) log.info({ events: count }, 'spooled events sent');
  return count;
}

/** What follows the last line break was cut off by the end of the process that wrote it. */
const eventsIn = (text: string): CallEvent[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => callEvent.parse(JSON.parse(line)));

async function isInLivingHands(dataDir: string, name: string): Promise<boolean> {
  const [, state, pid] = inHand.exec(name) ?? [];
  if (pid === undefined || !isAlive(Number(pid))) return false;
  if (state === 'claimed') return true;
  const written = await stat(join(folder(dataDir), name)).catch(() => undefined);
  return written === undefined || Date.now() - written.mtimeMs < abandonedAfterMs;
}
