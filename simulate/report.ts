import type { ScenarioResult } from './result.ts';

export interface SimulationReport {
  /** Null: that of the number which was called. */
  readonly agentId: string | null;
  readonly version: number | null;
  readonly startedAt: string;
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  readonly results: readonly ScenarioResult[];
}

export const marks = { passed: '✓', failed: '✗', not_run: '–' } as const;

/** Passed, failed and, when there are any, what was not run. */
export const totals = ({ passed, failed, notRun }: SimulationReport): string =>
  `${passed} passed, ${failed} failed${notRun === 0 ? '' : `, ${notRun} not run`}`;

/** Lines for a terminal, of a scenario that is over; of one that failed also what is wrong and what was said. */
export const terminalLines = (result: ScenarioResult, nameWidth: number): string[] => [
  `${marks[result.outcome]} ${result.name.padEnd(nameWidth)}  ${factsOf(result)}`,
  ...goalLines(result),
  ...(result.outcome === 'failed' ? detailsOf(result) : []),
];

const factsOf = ({ notRun, turns, slowestReplyMs }: ScenarioResult): string =>
  notRun === null
    ? `${String(turns.length).padStart(2)} turns  slowest reply ${slowestReplyMs} ms`
    : `not run: ${notRun}`;

const goalLines = ({ goal, verdicts }: ScenarioResult): string[] => [
  ...(goal === null ? [] : [`    goal ${goal.state.replace('_', ' ')}: ${goal.reason}`]),
  ...verdicts.map(({ question, answer, reason }) => `    ${question} ${answer}: ${reason}`),
];

const detailsOf = ({ failures, turns }: ScenarioResult): string[] => [
  ...failures.map((failure) => `    ${failure}`),
  ...turns.map(({ role, text, calls, note }) => {
    const parts = [text, ...calls, note ? `(${note})` : ''];
    return `      ${role}: ${parts.filter(Boolean).join(' · ')}`;
  }),
];
