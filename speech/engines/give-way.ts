import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** So libuv (1.50 and newer) names the threads of its pool, in which the engines compute. */
const poolThread = 'libuv-worker';
/**
 * Steps of niceness: the rest weighs three times as much. At ten, nine times, words came so late that callers waited
 * longer.
 */
const behind = 5;

/**
 * Has the engines' threads step back behind everything that carries sound: where all cores are busy, words are
 * understood a little later, and no voice breaks. Call it once the engines have run. Only Linux has priorities of
 * threads, as `setpriority(2)` says under "C library/kernel differences"; elsewhere nothing happens. Where it groups
 * processes by session (`sched(7)`, autogroup), they are behind the threads of this process only: those that take the
 * packets.
 * @returns the threads that are behind now
 */
export async function giveWay(): Promise<readonly number[]> {
  const threads = await readdir('/proc/self/task').catch(() => []);
  const pool: number[] = [];
  for (const thread of threads.map(Number)) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
    if (name.trim() !== poolThread) continue;
    if (getPriority(thread) < behind) setPriority(thread, behind);
    pool.push(thread);
  }
  return pool;
}
