import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const inMemory = '/dev/shm';
const leastBytes = 4 * 1024 ** 3;

/**
 * Where folders go that nobody misses after a power cut: in memory where there is plenty of it, else the folder for
 * temporary files. A database of 700 small files is made in 30 ms there; on some disks it takes half a second.
 */
export function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize >= leastBytes ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}
