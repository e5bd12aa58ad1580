// Outlives its parent by a few seconds. The parent writes one line per process it starts,
//   add PID START SIGNAL RANK NAME      drop PID      done
// and holds the pipe open. When the pipe closes without `done`, the parent has died, and everything still listed
// is ended in the order of the ranks.
import { createInterface } from 'node:readline';
import { endProcesses } from './end-processes.mjs';

const graceMs = Number(process.argv[2] ?? 5_000);
const wards = new Map();
let done = false;

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [verb, pid, start, signal, rank] = line.split(' ');
  if (verb === 'add') wards.set(pid, { pid: Number(pid), start, signal, rank: Number(rank) });
  else if (verb === 'drop') wards.delete(pid);
  else if (verb === 'done') done = true;
});
lines.on('close', () => {
  if (done) process.exit(0);
  void endProcesses([...wards.values()], graceMs).then(() => process.exit(0));
});
// A Ctrl-C for the parent must not take its guardian away.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
