import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, signalProcess } from './process-identity.mjs';
import { treeKiller } from './process-tree.mjs';

/**
 * Ends processes in the order of their ranks: each rank gets its signal and `graceMs`, then SIGKILL together with
 * whatever it has started. A pid that meanwhile belongs to somebody else is left alone.
 * @param {readonly { pid: number, start: string, signal: string, rank: number }[]} wards
 * @param {number} graceMs
 */
export async function endProcesses(wards, graceMs) {
  const ranks = [...new Set(wards.map((ward) => ward.rank))].sort((a, b) => a - b);
  for (const rank of ranks) {
    const group = wards.filter((ward) => ward.rank === rank && alive(ward));
    const killers = group.map(({ pid }) => treeKiller(pid));
    for (const ward of group) signalProcess(ward, ward.signal);
    const deadline = Date.now() + graceMs;
    while (group.some(alive) && Date.now() < deadline) await sleep(25);
    for (const kill of killers) kill();
    while (group.some(alive) && Date.now() < deadline + 2_000) await sleep(25);
  }
}

const alive = (ward) => isSameProcess(ward.pid, ward.start);
