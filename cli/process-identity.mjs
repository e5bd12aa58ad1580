import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process started, as an opaque text, or undefined when there is none. Together with the pid it names
 * one process for good: a reused pid has another start.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processStart(pid) {
  if (process.platform === 'linux') {
    const fields = statFields(pid);
    return !fields || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  }
  try {
    const start = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return start.trim().replaceAll(/\s+/g, '_') || undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {number} pid
 * @param {string | undefined} start what `processStart` said when the process was known
 */
export function isSameProcess(pid, start) {
  return start !== undefined && processStart(pid) === start;
}

/**
 * Sends a signal to a process that is still the one it was; to nobody when it has gone.
 * @param {{ pid: number, start: string | undefined }} known
 * @param {NodeJS.Signals} signal
 */
export function signalProcess({ pid, start }, signal) {
  if (!isSameProcess(pid, start)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It went in between.
  }
}

/**
 * What Linux says of a process from its state on (proc_pid_stat(5), field 3), or undefined when there is none.
 * @param {number} pid
 * @returns {string[] | undefined}
 */
export function statFields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold spaces, so count from the last ')'.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
