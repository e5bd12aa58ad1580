import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type CallEvent, callEvent } from '../../core/calls/events.ts';
import { isAlive } from '../../platform/is-alive.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventSink } from './event-sink.ts';

const folder = (dataDir: string): string => join(dataDir, 'spool');
const claimed = /\.claimed-\d+$/;

/** Keeps events on disk that could not be enqueued before the call was over. */
export async function spoolEvents(dataDir: string, events: readonly CallEvent[]): Promise<void> {
  const [first] = events;
  if (!first) return;
  await mkdir(folder(dataDir), { recursive: true });
  const path = join(folder(dataDir), `${first.callId}-${first.epoch}-${first.seq}.json`);
  await writeFile(`${path}.part`, JSON.stringify(events), { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/**
 * Enqueues what an earlier call or process left in the spool. A file is claimed by renaming it, so that hosts on one
 * data folder do not both send it; a claim of a process that is gone is taken over.
 *
 * @returns how many events were enqueued
 */
export async function flushSpool(dataDir: string, sink: EventSink, log: Logger): Promise<number> {
  const names = await readdir(folder(dataDir)).catch(() => []);
  let count = 0;
  for (const name of names) {
    if (!sink.up) break;
    if (name.endsWith('.part') || isClaimedByLiving(name)) continue;
    const from = join(folder(dataDir), name);
    const mine = join(folder(dataDir), `${name.replace(claimed, '')}.claimed-${process.pid}`);
    try {
      await rename(from, mine);
      const events = z.array(callEvent).parse(JSON.parse(await readFile(mine, 'utf8')));
      await sink.write(events);
      await rm(mine);
      count += events.length;
    } catch (error) {
      await rename(mine, from.replace(claimed, '')).catch(() => undefined);
      log.warn({ err: error, file: name }, 'spooled events could not be sent');
    }
  }
  if (count > 0) log.info({ events: count }, 'spooled events sent');
  return count;
}

function isClaimedByLiving(name: string): boolean {
  const pid = Number(claimed.exec(name)?.[0].split('-')[1] ?? 0);
  return pid !== 0 && isAlive(pid);
}
