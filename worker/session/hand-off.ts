import type { llm, voice } from '@livekit/agents';
import { handOffAnswer } from '../../core/calls/hand-off-wire.ts';
import { type CallPlan, internalPaths } from '../../core/calls/plan.ts';
import { background } from '../../platform/background.ts';
import { makeProviders, type ProviderSet } from '../providers/index.ts';
import type { Silence } from './control/silence.ts';
import type { Faults } from './faults.ts';
import { saidSoFar } from './history.ts';
import { askControlPlane } from './internal-client.ts';
import { followAgent } from './new-session.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';
import { successor } from './start-session.ts';

/** Why no other agent can go on, in words that the agent can say. */
export class HandOffRefused extends Error {
  override readonly name = 'HandOffRefused';
}

interface Around {
  readonly parts: CallParts;
  readonly session: voice.AgentSession;
  readonly speech: Speech;
  readonly faults: Faults;
  readonly silence: Silence;
  /** Of the agent that the plan names when it is called. */
  readonly tools: () => {
    readonly tools: llm.ToolContextLike;
    readonly addServers: (agent: Promise<voice.Agent>) => Promise<void>;
  };
}

/**
 * Prepares another agent to go on in the same session: its prompt, functions, files, voice and models, with the
 * conversation so far. It speaks as soon as the session has changed over. How long the call may last stays as the first
 * agent has it. Throws `HandOffRefused`.
 */
export async function handOff(
  { parts, session, speech, faults, silence, tools }: Around,
  agentId: string,
): Promise<{ readonly agent: voice.Agent; readonly providers: ProviderSet }> {
  const { host, events } = parts;
  const before = parts.plan;
  const report = (to: CallPlan['agent'], ok: boolean, detail: string) =>
    events.emit({
      type: 'agent.handed_off',
      ...{ ok, detail, fromAgentId: before.agent.id, fromVersionId: before.agent.versionId },
      ...{ toAgentId: to.id, toVersionId: to.versionId, toName: to.name },
    });
  const ask = (order: { agentId: string; versionId?: string; fromVersionId: string }) =>
    askControlPlane(host.config, internalPaths.handOff(before.callId), handOffAnswer, {
      ...{ epoch: before.epoch, ...order },
    });
  const answer = await ask({ agentId, fromVersionId: before.agent.versionId });
  if (!answer.ok) {
    report({ id: agentId, versionId: '', name: '' }, false, answer.reason);
    throw new HandOffRefused(answer.reason);
  }
  const { agent: next, definition, variables, knowledge } = answer.plan;
  const plan = { ...before, agent: next, definition, variables, knowledge };
  let providers: ProviderSet;
  try {
    providers = await makeProviders(host.config.env, definition, faults);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    report(next, false, detail);
    const { id, versionId } = before.agent;
    const back = ask({ agentId: id, versionId, fromVersionId: next.versionId });
    background(parts.log, 'taking a hand-off back', back);
    throw new HandOffRefused(`${next.name} cannot work: ${detail}`);
  }
  parts.plan = plan;
  speech.use(providers);
  followAgent(session, definition, parts.patience);
  const history = saidSoFar(session).copy({ excludeFunctionCall: true, excludeInstructions: true });
  const greet = () => {
    if (definition.firstMessage.trim() === '') session.generateReply();
    else speech.saySoon(definition.firstMessage, 'greeting');
  };
  const { tools: own, addServers } = tools();
  const agent = successor(
    parts,
    { providers, speech, faults, silence, tools: own },
    { history, onEnter: greet },
  );
  background(parts.log, 'adding tools of other servers', addServers(Promise.resolve(agent)));
  report(next, true, '');
  return { agent, providers };
}

/** What a call has used has to be closed at its end, also what it does not use any more. */
export const both = (now: ProviderSet, before: ProviderSet): ProviderSet => ({
  ...now,
  close: async () => void (await Promise.allSettled([now.close(), before.close()])),
});
