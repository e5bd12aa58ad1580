import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../ports.ts';

/** A chunk that took longer was slow for another reason. */
const longestRestMs = 2_000;

/**
 * Calls come first: while there are any, an import has one chunk on its way at a time, and rests as long as that took.
 * Two at once take two cores, and on one machine whoever talks would be heard to stammer.
 *
 * @param beganAt when the chunk was begun to be read, of `performance.now()`
 * @param writing what is on its way
 */
export async function stepBack(
  fleet: Fleet,
  beganAt: number,
  writing: readonly Promise<unknown>[],
): Promise<void> {
  // Without Redis nobody knows, and the import is not what notices it.
  const rooms = await fleet.activeRooms().catch(() => 0);
  if (rooms === 0) return;
  await Promise.allSettled(writing);
  await sleep(Math.min(performance.now() - beganAt, longestRestMs));
}
