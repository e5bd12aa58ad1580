import type { Turn } from './judge.ts';
import type { SimulationModel } from './model/language-model.ts';
import type { GoalOutcome } from './model/played-caller.ts';
import { type Verdict, verdictFailures, verdictsOf } from './model/verdicts.ts';
import { needsModel, type Scenario } from './scenario.ts';

export interface ScenarioResult {
  readonly name: string;
  /** not_run: it was not even tried, and `notRun` says why. */
  readonly outcome: 'passed' | 'failed' | 'not_run';
  readonly notRun: string | null;
  /** What is wrong, each with the place where it went wrong. */
  readonly failures: readonly string[];
  readonly turns: readonly Turn[];
  /** What became of the goal, where a model played the caller. */
  readonly goal: GoalOutcome | null;
  /** What a model said to the questions of `checks.judge`. */
  readonly verdicts: readonly Verdict[];
  /** Of the chat or call, for looking it up. */
  readonly id: string | null;
  readonly tookMs: number;
  /** Of the agent's slowest answer. */
  readonly slowestReplyMs: number;
}

/** What playing a scenario has brought to light so far. */
export interface Played {
  id: string | null;
  goal: GoalOutcome | null;
  readonly failures: string[];
  readonly turns: Turn[];
}

const withoutModel = 'it needs a language model: set OPENAI_API_KEY or OPENAI_BASE_URL';

/** Times a play, has it judged and makes whatever breaks it one of the scenario's failures. Never rejects. */
export async function resultOf(
  scenario: Scenario,
  model: SimulationModel | null,
  play: (played: Played) => Promise<void>,
): Promise<ScenarioResult> {
  const played: Played = { id: null, goal: null, failures: [], turns: [] };
  let verdicts: readonly Verdict[] = [];
  const notRun = needsModel(scenario) && model === null ? withoutModel : null;
  const startedAt = Date.now();
  if (notRun === null) {
    try {
      await play(played);
      played.failures.push(...goalFailures(scenario, played.goal));
      if (model) verdicts = await verdictsOf(model, scenario.checks.judge, played.turns);
      played.failures.push(...verdictFailures(verdicts));
    } catch (error) {
      played.failures.push(`could not go on: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return {
    ...{ name: scenario.name, notRun, verdicts },
    outcome: notRun !== null ? 'not_run' : played.failures.length === 0 ? 'passed' : 'failed',
    ...played,
    tookMs: Date.now() - startedAt,
    slowestReplyMs: Math.round(Math.max(0, ...played.turns.map(({ tookMs = 0 }) => tookMs))),
  };
}

function goalFailures({ checks }: Scenario, goal: GoalOutcome | null): string[] {
  if (goal === null || checks.goal === 'any' || goal.state === checks.goal) return [];
  return [`the goal was to be ${checks.goal}, and is ${goal.state}: ${goal.reason}`];
}
