import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/**
 * Runs a program on our terminal and answers its exit code, 128 and the signal's number when one ended it. Throws when
 * it cannot be started.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, detached?: boolean }} [options] `detached`: in a session of its own
 * @returns {Promise<number>}
 */
export async function handOver(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' });
  // From the terminal it has them already, unless detached; from a service manager only we do.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm runs us through a shell that passes nothing on.
  if (options.detached && process.env.npm_lifecycle_event !== undefined)
    whenParentIsGone(() => child.kill('SIGTERM'));
  const [code, signal] = await once(child, 'exit');
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** Looked at before anything else is loaded: it may end while we do. */
const parentAtStart = process.ppid;

/**
 * Calls back once when the parent that we began with has ended. Does not keep the process alive.
 * @param {() => void} gone
 * @param {number} [parent] its process id
 */
export function whenParentIsGone(gone, parent = parentAtStart) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, 300);
  timer.unref();
}
