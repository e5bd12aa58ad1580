import type { ScenarioResult } from './run-scenario.ts';

export interface SimulationReport {
  readonly agentId: string;
  readonly version: number | null;
  readonly startedAt: string;
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly ScenarioResult[];
}

/** Lines for a terminal: one for each scenario, and for one that failed what is wrong and what was said. */
export function terminalLines({ results, passed, failed }: SimulationReport): string[] {
  const width = Math.max(...results.map(({ name }) => name.length));
  return [
    ...results.flatMap((result) => [
      `${result.passed ? '✓' : '✗'} ${result.name.padEnd(width)}  ${String(result.turns.length).padStart(2)} turns  slowest reply ${result.slowestReplyMs} ms`,
      ...(result.passed ? [] : detailsOf(result)),
    ]),
    '',
    `${passed} passed, ${failed} failed`,
  ];
}

const detailsOf = ({ failures, turns }: ScenarioResult): string[] => [
  ...failures.map((failure) => `    ${failure}`),
  ...turns.map(({ role, text, calls }) => `      ${role}: ${[text, ...calls].filter(Boolean).join(' · ')}`),
];

/** One page that needs nothing else: no script, no style sheet from elsewhere. */
export function htmlPage(report: SimulationReport): string {
  const { results, passed, failed, agentId, version, startedAt } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated conversations: ${passed} passed, ${failed} failed</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1e; }
details { border: 1px solid #d8d8dc; border-radius: 8px; margin: .5rem 0; padding: .5rem 1rem; }
details.failed { border-color: #b3261e; }
summary { cursor: pointer; font-weight: 600; }
.failure { color: #b3261e; }
.caller { color: #5a5a60; }
code { font-size: .85em; background: #f2f2f4; padding: 0 .3em; border-radius: 4px; }
</style>
</head>
<body>
<h1>Simulated conversations</h1>
<p>${passed} passed, ${failed} failed. Agent <code>${escaped(agentId)}</code>, version ${version ?? 'live'}, ${escaped(startedAt)}.</p>
${results.map(sectionOf).join('\n')}
</body>
</html>
`;
}

function sectionOf({ name, passed, failures, turns, slowestReplyMs }: ScenarioResult): string {
  const said = turns.map(
    ({ role, text, calls, tookMs }) =>
      `<p class="${role}"><b>${role}</b> ${escaped(text)}${calls.map((call) => ` <code>${escaped(call)}</code>`).join('')}${tookMs === undefined ? '' : ` <small>${tookMs} ms</small>`}</p>`,
  );
  return `<details class="${passed ? 'passed' : 'failed'}"${passed ? '' : ' open'}>
<summary>${passed ? '✓' : '✗'} ${escaped(name)} <small>slowest reply ${slowestReplyMs} ms</small></summary>
${failures.map((failure) => `<p class="failure">${escaped(failure)}</p>`).join('\n')}
${said.join('\n')}
</details>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
