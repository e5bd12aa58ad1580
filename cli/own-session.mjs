import { handOver } from './hand-over.mjs';

/** Names the process in front of us: the parent that passes signals on to us alone. */
const frontVariable = 'TRUNKLINE_FRONT';

/** Whether our parent passes signals on to us, and to nobody whom we start. */
export const hasFront = () => process.env[frontVariable] === String(process.ppid);

/**
 * Runs this very command in a session of its own and answers its exit code. What carries sound shares that session:
 * Linux then gives it its processors as one (autogroup), wherever it was busy last (docs/decisions/0079). And a Ctrl-C
 * at the terminal, or a signal to our process group, reaches only us: the processes are ended in order.
 * @returns {Promise<number>}
 */
export const runInOwnSession = () =>
  handOver(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [frontVariable]: String(process.pid) },
  });
