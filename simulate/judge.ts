import { failuresOf, fits } from './check.ts';
import type { Scenario, Step } from './scenario.ts';

/** What the agent did in answer to one step; the first answer is its greeting. */
export interface Answer {
  readonly said: string;
  readonly calls: readonly { readonly name: string; readonly ok: boolean; readonly arguments: unknown }[];
  readonly notes: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly string[];
  readonly tookMs: number;
}

export interface Turn {
  readonly role: 'caller' | 'agent';
  readonly text: string;
  readonly calls: readonly string[];
  /** How long the agent took. */
  readonly tookMs?: number;
}

export interface Whole {
  readonly answers: readonly Answer[];
  /** By the agent. */
  readonly ended: boolean;
  readonly disposition: string;
}

/** What is wrong with the answer to one step. */
export function stepFailures(step: Step, number: number, answer: Answer): string[] {
  if (!('say' in step)) return [];
  const { within_ms, ...checks } = step.expect;
  const wrong = failuresOf(checks, answer);
  if (within_ms !== undefined && answer.tookMs > within_ms)
    wrong.push(`took ${answer.tookMs} ms, more than ${within_ms}`);
  return wrong.map((what) => `step ${number} (“${step.say}”): ${what}`);
}

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

export const agentTurn = ({ said, calls, tookMs }: Answer): Turn => ({
  role: 'agent',
  text: said,
  calls: calls.map(
    ({ name, ok, arguments: args }) => `${name}(${JSON.stringify(args)})${ok ? '' : ' failed'}`,
  ),
  tookMs,
});

export const callerTurn = (step: Step): Turn => ({
  role: 'caller',
  text: 'say' in step ? step.say : 'digits' in step ? step.digits : `(silent for ${step.silence_ms} ms)`,
  calls: [],
});
