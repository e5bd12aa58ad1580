import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess } from './process-identity.mjs';

/**
 * Ends processes in the order of their ranks: each rank gets its signal and `graceMs`, then SIGKILL together with
 * its process group. A pid that meanwhile belongs to somebody else is left alone.
 * @param {readonly { pid: number, start: string, signal: string, rank: number }[]} wards
 * @param {number} graceMs
 */
export async function endProcesses(wards, graceMs) {
  const ranks = [...new Set(wards.map((ward) => ward.rank))].sort((a, b) => a - b);
  for (const rank of ranks) {
    const group = wards.filter((ward) => ward.rank === rank && alive(ward));
    for (const ward of group) send(ward, ward.pid, ward.signal);
    const deadline = Date.now() + graceMs;
    while (group.some(alive) && Date.now() < deadline) await sleep(25);
    for (const ward of group) {
      send(ward, -ward.pid, 'SIGKILL');
      send(ward, ward.pid, 'SIGKILL');
    }
    while (group.some(alive) && Date.now() < deadline + 2_000) await sleep(25);
  }
}

const alive = (ward) => isSameProcess(ward.pid, ward.start);

function send(ward, target, signal) {
  if (!alive(ward)) return;
  try {
    process.kill(target, signal);
  } catch {
    // It went in between.
  }
}
