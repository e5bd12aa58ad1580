import { failuresOf, fits } from './check.ts';
import type { Scenario, Step } from './scenario.ts';

/** What the agent did in answer to one step; the first answer is its greeting. */
export interface Answer {
  readonly said: string;
  readonly calls: readonly { readonly name: string; readonly ok: boolean; readonly arguments: unknown }[];
  readonly notes: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly string[];
  /** Of a silence 0: nobody had asked anything. */
  readonly tookMs: number;
  /** After how much of a silence the agent was heard; null: not at all. */
  readonly promptMs?: number | null;
}

export interface Turn {
  readonly role: 'caller' | 'agent';
  readonly text: string;
  readonly calls: readonly string[];
  /** How long the agent took. */
  readonly tookMs?: number;
  /** What else is to be said of it. */
  readonly note?: string;
}

export interface Whole {
  readonly answers: readonly Answer[];
  /** By the agent. */
  readonly ended: boolean;
  readonly disposition: string;
}

/** What is wrong with the answer to one step. */
export function stepFailures(step: Step, number: number, answer: Answer): string[] {
  const { within_ms, ...checks } = step.expect;
  const silent = 'silence_ms' in step;
  const tookMs = silent ? answer.promptMs : answer.tookMs;
  const wrong = failuresOf(checks, answer);
  if (silent && step.expect.prompts === true && tookMs === null) wrong.push('the agent said nothing');
  if (silent && step.expect.prompts === false && tookMs !== null) wrong.push('the agent spoke');
  if (within_ms !== undefined && tookMs !== undefined && (tookMs ?? Number.POSITIVE_INFINITY) > within_ms)
    wrong.push(
      tookMs === null ? `nothing came within ${within_ms} ms` : `took ${tookMs} ms, more than ${within_ms}`,
    );
  return wrong.map((what) => `${stepName(step, number)}: ${what}`);
}

export const stepName = (step: Step, number: number): string => {
  const what =
    'say' in step
      ? `“${step.say}”`
      : 'digits' in step
        ? `keys ${step.digits}`
        : `${step.silence_ms} ms of silence`;
  return `step ${number} (${what})`;
};

/** What is wrong with the conversation as a whole. */
export function wholeFailures(
  { checks: wanted }: Scenario,
  { answers, ended, disposition }: Whole,
): string[] {
  const { max_reply_ms, noted, ...checks } = wanted;
  const failures = failuresOf(checks, {
    said: answers.map(({ said }) => said).join('\n'),
    calls: answers.flatMap(({ calls }) => calls),
  });
  failures.push(...answers.flatMap(({ problems }) => problems.map((problem) => `trouble: ${problem}`)));
  if (wanted.ended !== undefined && wanted.ended !== ended)
    failures.push(wanted.ended ? 'the agent did not end it' : 'the agent ended it');
  if (wanted.disposition !== undefined && wanted.disposition !== disposition)
    failures.push(`the disposition is ${disposition}, not ${wanted.disposition}`);
  if (noted !== undefined && !answers.some(({ notes }) => notes.some((fields) => fits(fields, noted))))
    failures.push(`did not note ${JSON.stringify(noted)}`);
  for (const { tookMs } of answers)
    if (max_reply_ms !== undefined && tookMs > max_reply_ms)
      failures.push(`a reply took ${tookMs} ms, more than ${max_reply_ms}`);
  return failures;
}

export const agentTurn = ({ said, calls, tookMs, promptMs }: Answer): Turn => ({
  role: 'agent',
  text: said,
  calls: calls.map(
    ({ name, ok, arguments: args }) => `${name}(${JSON.stringify(args)})${ok ? '' : ' failed'}`,
  ),
  ...(promptMs === undefined
    ? { tookMs }
    : { note: promptMs === null ? 'silent too' : `spoke after ${promptMs} ms of silence` }),
});

export const callerTurn = (step: Step, note?: string): Turn => ({
  role: 'caller',
  text: 'say' in step ? step.say : 'digits' in step ? step.digits : `(silent for ${step.silence_ms} ms)`,
  calls: [],
  ...(note === undefined ? {} : { note }),
});
