import type { Workload } from '../../../../core/reports/index.ts';

/** Prometheus text format 0.0.4. */
export function presentWorkload(workload: Workload): string {
  const gauges: [name: string, help: string, value: number][] = [
    ['active_calls', 'Calls in which somebody talks with an agent now.', workload.active],
    ['ringing_calls', 'Calls that ring, or whose agent is on its way.', workload.ringing],
    ['queued_calls', 'Calls that wait to be dialed or joined.', workload.queued],
    ['about_to_dial_calls', 'Outbound calls whose invitation leaves next.', workload.aboutToDial],
    ['live_rooms', 'Rooms that LiveKit has open (livekit:active_calls).', workload.liveRooms],
    ['worker_slots', 'Calls that all worker hosts take at once.', workload.slots],
    ['free_slots', 'Slots without a call, of hosts that take new ones.', workload.freeSlots],
    ['worker_hosts', 'Worker hosts that reported within five seconds.', workload.hosts],
    [
      'worker_loop_delay_ms',
      'Worst event-loop delay of a host, p99 of the last second.',
      workload.loopDelayMs,
    ],
    ['desired_replicas', 'Worker hosts that the present load asks for.', workload.desiredReplicas],
  ];
  const lines = gauges.flatMap(([name, help, value]) => [
    `# HELP trunkline_${name} ${help}`,
    `# TYPE trunkline_${name} gauge`,
    `trunkline_${name} ${value}`,
  ]);
  lines.push('# HELP trunkline_agent_active_calls Calls that workers of each LiveKit agent name have.');
  lines.push('# TYPE trunkline_agent_active_calls gauge');
  for (const [name, active] of sumByName(workload.perAgent))
    lines.push(`trunkline_agent_active_calls{agent="${escapeLabel(name)}"} ${active}`);
  lines.push(
    '# HELP trunkline_trunk_active_calls Phone calls that are dialed, ring or are on, by metrics_label.',
  );
  lines.push('# TYPE trunkline_trunk_active_calls gauge');
  for (const { trunk, active } of workload.perTrunk)
    lines.push(`trunkline_trunk_active_calls{trunk="${trunk}"} ${active}`);
  return `${lines.join('\n')}\n`;
}

/** Two workspaces may have an agent of the same name; a label set must not come twice. */
function sumByName(perAgent: Workload['perAgent']): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { agentName, active } of perAgent) sums.set(agentName, (sums.get(agentName) ?? 0) + active);
  return sums;
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
