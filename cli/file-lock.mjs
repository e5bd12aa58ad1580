import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, processStart } from './process-identity.mjs';

/**
 * Holds a lock file while `run` works, so that two starts at once do the work once. A lock whose owner is gone
 * is taken over. `onWait` is called once when somebody else holds it.
 * @template T
 * @param {string} file
 * @param {() => Promise<T> | T} run
 * @param {(ownerPid: number) => void} [onWait]
 * @returns {Promise<T>}
 */
export async function withFileLock(file, run, onWait) {
  for (let waited = false; !tryLock(file); ) {
    const owner = readOwner(file);
    if (owner && !waited) {
      waited = true;
      onWait?.(owner.pid);
    }
    await sleep(150);
  }
  try {
    return await run();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function tryLock(file) {
  const mine = `${process.pid} ${processStart(process.pid)}`;
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const owner = readOwner(file);
  if (!owner || isSameProcess(owner.pid, owner.start)) return false;
  // Renaming is atomic: of several who find the lock orphaned only one gets to remove it.
  const grave = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, grave);
    rmSync(grave, { force: true });
  } catch {
    // Somebody was quicker.
  }
  return false;
}

/** @param {string} file */
function readOwner(file) {
  try {
    const [pid, start] = readFileSync(file, 'utf8').split(' ');
    return pid && start ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}
