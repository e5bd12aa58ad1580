import { marks, type SimulationReport, totals } from './report.ts';
import type { ScenarioResult } from './result.ts';

/** One page that needs nothing else: no script, no style sheet from elsewhere. */
export function htmlPage(report: SimulationReport): string {
  const { results, agentId, version, startedAt } = report;
  const agent = agentId === null ? 'of the number' : `<code>${escaped(agentId)}</code>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated conversations: ${totals(report)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1e; }
details { border: 1px solid #d8d8dc; border-radius: 8px; margin: .5rem 0; padding: .5rem 1rem; }
details.failed { border-color: #b3261e; }
details.not_run { border-style: dashed; }
summary { cursor: pointer; font-weight: 600; }
summary small { font-weight: 400; color: #5a5a60; }
.failure { color: #b3261e; }
.caller, .verdict { color: #5a5a60; }
code { font-size: .85em; background: #f2f2f4; padding: 0 .3em; border-radius: 4px; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Simulated conversations</h1>
<p>${totals(report)}. Agent ${agent}, version ${version ?? 'live'}, ${escaped(startedAt)}.</p>
${results.map(sectionOf).join('\n')}
</body>
</html>
`;
}

function sectionOf(result: ScenarioResult): string {
  const { name, outcome, notRun, failures, turns, slowestReplyMs } = result;
  const facts = notRun === null ? `slowest reply ${slowestReplyMs} ms` : `not run: ${escaped(notRun)}`;
  return `<details class="${outcome}"${outcome === 'failed' ? ' open' : ''}>
<summary>${marks[outcome]} ${escaped(name)} <small>${facts}</small></summary>
${failures.map((failure) => `<p class="failure">${escaped(failure)}</p>`).join('\n')}
${judgedOf(result).join('\n')}
${turns.map(turnOf).join('\n')}
</details>`;
}

const judgedOf = ({ goal, verdicts }: ScenarioResult): string[] => [
  ...(goal === null
    ? []
    : [`<p class="verdict"><b>goal ${goal.state.replace('_', ' ')}</b> ${escaped(goal.reason)}</p>`]),
  ...verdicts.map(
    ({ question, answer, reason }) =>
      `<p class="verdict">${escaped(question)} <b>${answer}</b> ${escaped(reason)}</p>`,
  ),
];

function turnOf({ role, text, calls, tookMs, note }: ScenarioResult['turns'][number]): string {
  const small = [tookMs === undefined ? '' : `${tookMs} ms`, escaped(note ?? '')].filter(Boolean).join(', ');
  const parts = [
    `<b>${role}</b>`,
    escaped(text),
    ...calls.map((call) => `<code>${escaped(call)}</code>`),
    small === '' ? '' : `<small>${small}</small>`,
  ];
  return `<p class="${role}">${parts.filter(Boolean).join(' ')}</p>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
