import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

/** libuv names the threads of its pool so (1.50 and newer), where the engines compute. */
const poolThread = 'libuv-worker';

/**
 * Lets the engines' threads step back behind everything that carries sound: where all cores are busy, a transcript
 * comes a little later, and no voice breaks. Only Linux has priorities of threads; elsewhere nothing happens.
 * @returns how many threads were set back; 0 where that cannot be
 */
export async function giveWay(): Promise<number> {
  const threads = await readdir('/proc/self/task').catch(() => []);
  let set = 0;
  for (const thread of threads) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
    if (name.trim() !== poolThread) continue;
    setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
    set++;
  }
  return set;
}
