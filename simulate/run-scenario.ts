import { ChatClient, type Target } from './chat-client.ts';
import { type Answer, agentTurn, callerTurn, stepFailures, wholeFailures } from './judge.ts';
import type { SimulationModel } from './model/language-model.ts';
import { playCaller } from './model/played-caller.ts';
import { type Played, resultOf, type ScenarioResult } from './result.ts';
import { isPlayed, type Scenario } from './scenario.ts';

/** Plays a scenario in writing. Never rejects: what cannot be played has failed. */
export const runScenario = (
  scenario: Scenario,
  target: Target,
  model: SimulationModel | null = null,
): Promise<ScenarioResult> =>
  resultOf(scenario, model, (played) => chat(scenario, new ChatClient(target), model, played));

async function chat(
  scenario: Scenario,
  client: ChatClient,
  model: SimulationModel | null,
  played: Played,
): Promise<void> {
  const begun = await client.begin(scenario.variables);
  played.id = begun.chatId;
  played.turns.push(agentTurn(begun));
  const talk: Talk = { answers: [begun], ended: begun.ended, chatId: begun.chatId, client, played };
  if (isPlayed(scenario) && model) {
    const say = async (text: string) => {
      const answer = await exchange(talk, text);
      return { said: answer.said, over: answer.ended };
    };
    played.goal = await playCaller(scenario, model, { said: begun.said, over: begun.ended }, say);
  } else await read(scenario, talk);
  const { answers, ended } = talk;
  const disposition = ended ? 'completed' : 'abandoned';
  played.failures.push(...wholeFailures(scenario, { answers, ended, disposition }));
}

interface Talk {
  readonly client: ChatClient;
  readonly chatId: string;
  readonly played: Played;
  readonly answers: Answer[];
  /** By the agent. */
  ended: boolean;
}

async function exchange(talk: Talk, text: string) {
  const { client, chatId, answers, played } = talk;
  played.turns.push({ role: 'caller', text, calls: [] });
  const answer = await client.say(chatId, text);
  answers.push(answer);
  played.turns.push(agentTurn(answer));
  talk.ended = answer.ended;
  return answer;
}

/** Says the lines of the file one after the other. */
async function read({ steps }: Scenario, talk: Talk): Promise<void> {
  const { failures } = talk.played;
  for (const [index, step] of steps.entries()) {
    // In writing there is no silence.
    if ('silence_ms' in step) continue;
    const { text } = callerTurn(step);
    if (talk.ended) {
      failures.push(`step ${index + 1}: the agent had ended the conversation before “${text}”`);
      return;
    }
    failures.push(...stepFailures(step, index + 1, await exchange(talk, text)));
  }
}
