import { ChatClient, type Target } from './chat-client.ts';
import { type Answer, agentTurn, callerTurn, stepFailures, type Turn, wholeFailures } from './judge.ts';
import type { Scenario } from './scenario.ts';

export interface ScenarioResult {
  readonly name: string;
  readonly passed: boolean;
  /** What is wrong, each with the place where it went wrong. */
  readonly failures: readonly string[];
  readonly turns: readonly Turn[];
  /** Of the chat or call, for looking it up. */
  readonly id: string | null;
  readonly tookMs: number;
  /** Of the agent's slowest answer. */
  readonly slowestReplyMs: number;
}

/** What playing a scenario has brought to light so far. */
export interface Played {
  id: string | null;
  readonly failures: string[];
  readonly turns: Turn[];
}

/** Plays a scenario in writing. Never rejects: what cannot be played has failed. */
export const runScenario = (scenario: Scenario, target: Target): Promise<ScenarioResult> =>
  resultOf(scenario, (played) => chat(scenario, new ChatClient(target), played));

/** Times a play and makes its failure one of the scenario's. */
export async function resultOf(
  { name }: Scenario,
  play: (played: Played) => Promise<void>,
): Promise<ScenarioResult> {
  const played: Played = { id: null, failures: [], turns: [] };
  const startedAt = Date.now();
  try {
    await play(played);
  } catch (error) {
    played.failures.push(`could not go on: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    name,
    passed: played.failures.length === 0,
    ...played,
    tookMs: Date.now() - startedAt,
    slowestReplyMs: Math.round(Math.max(0, ...played.turns.map(({ tookMs = 0 }) => tookMs))),
  };
}

async function chat(scenario: Scenario, client: ChatClient, played: Played): Promise<void> {
  const { failures, turns } = played;
  const begun = await client.begin(scenario.variables);
  played.id = begun.chatId;
  const answers: Answer[] = [begun];
  let { ended } = begun;
  turns.push(agentTurn(begun));
  for (const [index, step] of scenario.steps.entries()) {
    // In writing there is no silence.
    if ('silence_ms' in step) continue;
    const turn = callerTurn(step);
    if (ended) {
      failures.push(`step ${index + 1}: the agent had ended the conversation before “${turn.text}”`);
      break;
    }
    turns.push(turn);
    const answer = await client.say(begun.chatId, turn.text);
    answers.push(answer);
    turns.push(agentTurn(answer));
    failures.push(...stepFailures(step, index + 1, answer));
    ended = answer.ended;
  }
  const disposition = ended ? 'completed' : 'abandoned';
  failures.push(...wholeFailures(scenario, { answers, ended, disposition }));
}
