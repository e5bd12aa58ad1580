import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** CPU time since the start of the processes. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** CPU time and resident memory of a process and everything below it (Linux /proc). */
export function treeUsage(rootPid: number): Usage {
  const children = new Map<number, number[]>();
  const stats = new Map<number, Usage>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (!stat) continue;
    stats.set(pid, stat);
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid]);
  }
  const total = { cpuMs: 0, rssBytes: 0 };
  const visit = (pid: number) => {
    const usage = stats.get(pid);
    total.cpuMs += usage?.cpuMs ?? 0;
    total.rssBytes += usage?.rssBytes ?? 0;
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(rootPid);
  return total;
}

function readStat(pid: number): (Usage & { readonly parent: number }) | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold blanks; count the fields behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const at = (index: number) => Number(fields[index - 3]);
    return {
      parent: at(4),
      // Reaped children count too (fields 16 and 17): a process per call would otherwise hide what it used.
      cpuMs: ((at(14) + at(15) + at(16) + at(17)) * 1000) / ticksPerSecond,
      rssBytes: at(24) * pageBytes,
    };
  } catch {
    return undefined;
  }
}
