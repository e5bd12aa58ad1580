import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { processStart, signalProcess, statFields } from './process-identity.mjs';

/**
 * A process with everything it has started, and they in turn, as they are now: kills those that are still the same.
 * Taken before the process is told to end, for what a process leaves behind has no parent any more.
 * @param {number} pid
 * @returns {() => void}
 */
export function treeKiller(pid) {
  const known = processTree(pid).map((each) => ({ pid: each, start: processStart(each) }));
  return () => {
    for (const each of known) signalProcess(each, 'SIGKILL');
  };
}

/**
 * A process and everything below it.
 * @param {number} root
 * @returns {number[]}
 */
export function processTree(root) {
  const all = parents();
  const found = [root];
  for (const pid of found) for (const [child, parent] of all) if (parent === pid) found.push(child);
  return found;
}

/** Every process and its parent. */
function parents() {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statFields(Number(name))?.[1])]);
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
}
