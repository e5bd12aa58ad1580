import { statFields } from '../../cli/process-identity.mjs';
import { processTree } from '../../cli/process-tree.mjs';

export interface Usage {
  /** CPU time since the start of the processes. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** CPU time and resident memory of a process and everything below it (Linux /proc). */
export function treeUsage(rootPid: number): Usage {
  const total = { cpuMs: 0, rssBytes: 0 };
  for (const pid of processTree(rootPid)) {
    const fields = statFields(pid);
    if (!fields) continue;
    // As proc_pid_stat(5) numbers them; the first is field 3.
    const at = (field: number) => Number(fields[field - 3]);
    // Reaped children count too (fields 16 and 17): a process per call would otherwise hide what it used.
    total.cpuMs += ((at(14) + at(15) + at(16) + at(17)) * 1000) / ticksPerSecond;
    total.rssBytes += at(24) * pageBytes;
  }
  return total;
}
