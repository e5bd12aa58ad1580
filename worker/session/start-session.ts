import { type llm, voice } from '@livekit/agents';
import type { ProviderSet } from '../providers/index.ts';
import { CallAgent, type CallAgentHooks } from './call-agent.ts';
import type { Silence } from './control/silence.ts';
import type { Faults } from './faults.ts';
import { resumedContext } from './history.ts';
import { followSpeeches } from './interruption.ts';
import { Knowledge } from './knowledge.ts';
import { newSession } from './new-session.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';
import { tieToRoom } from './tie-to-room.ts';

interface Around {
  readonly providers: ProviderSet;
  readonly speech: Speech;
  readonly faults: Faults;
  readonly tools: llm.ToolContextLike;
  readonly silence: Silence;
}

const { Close, ConversationItemAdded, UserInputTranscribed } = voice.AgentSessionEventTypes;

/** The framework's session of a call with our input, output and agent. Started with `startSession`. */
export function buildSession(parts: CallParts, { providers, ...around }: Around) {
  const { plan, patience, ctx, turns, cues } = parts;
  const session = newSession(plan.definition, providers, ctx.inferenceExecutor, parts);
  session.on(UserInputTranscribed, ({ transcript, isFinal }) => {
    if (isFinal) cues.understood();
    patience.heard(transcript, isFinal);
  });
  session.on(ConversationItemAdded, ({ item }) => {
    patience.reset();
    if (item.type === 'message' && item.role === 'user') cues.understood();
  });
  turns.watch(session);
  turns.servedBy(providers);
  cues.servedBy(providers.stt);
  cues.watch(session);
  followSpeeches(session);
  listenForTrouble(parts, session);
  // Our own input and output; RoomIO keeps what it finds.
  session.input.audio = parts.input;
  session.output.audio = parts.output;
  const agent = new CallAgent(
    {
      instructions: plan.definition.systemPrompt,
      chatCtx: resumedContext(plan.resume),
      tools: around.tools,
    },
    agentHooks(parts, around),
  );
  return { session, agent };
}

/** An agent that goes on with a session of another one, in its own voice. */
export function successor(
  parts: CallParts,
  { providers, ...around }: Around,
  { history, onEnter }: { history: llm.ChatContext; onEnter: () => void },
): CallAgent {
  parts.turns.servedBy(providers);
  parts.cues.servedBy(providers.stt);
  return new CallAgent(
    {
      instructions: parts.plan.definition.systemPrompt,
      chatCtx: history,
      tools: around.tools,
      stt: providers.stt,
      llm: providers.llm,
      tts: providers.tts,
    },
    { ...agentHooks(parts, around), onEnter },
  );
}

/** Resolves when the agent listens and can speak. */
export async function startSession(
  parts: CallParts,
  { session, agent }: ReturnType<typeof buildSession>,
): Promise<void> {
  await session.start({ agent, record: false });
  tieToRoom(session, parts);
  if (session.output.audio) parts.turns.watchOutput(session.output.audio);
}

function listenForTrouble({ outcome }: CallParts, session: voice.AgentSession): void {
  // The provider listeners report; without a listener here the framework's own retries break.
  session.on(voice.AgentSessionEventTypes.Error, () => undefined);
  session.on(Close, ({ error }) => {
    if (outcome.ending) return;
    const detail = error && 'error' in error ? String(error.error) : 'The session closed by itself.';
    outcome.finish(error ? 'provider_failed' : 'internal_error', detail, 'failed');
  });
}

function agentHooks(
  { plan, host, log, outcome, events }: CallParts,
  { speech, faults, silence }: Pick<Around, 'speech' | 'faults' | 'silence'>,
): CallAgentHooks {
  const { brain } = plan.definition;
  const fallbackText = brain.kind === 'webhook' ? brain.fallbackText : '';
  return {
    silent: () => silence.on || silence.onHold,
    mayBeSilent: () => faults.mayBeSilent(),
    hearSilently: (message) => silence.hearCaller(message),
    fillerText: speech.phrase('moment'),
    apologyText: () => (outcome.ending ? '' : fallbackText || speech.phrase('slow')),
    ...(brain.kind === 'webhook' ? { stallAfterMs: 2 * brain.timeoutMs + 3_000 } : {}),
    onStall: () => faults.onStall(),
    onAnswer: () => faults.onAnswer(),
    onRunaway: () =>
      events.emit({
        type: 'error',
        source: 'llm',
        provider: plan.definition.llm.provider,
        message: 'The model called functions again and again; it was stopped.',
        recoverable: true,
      }),
    withKnowledge: withKnowledge(),
  };

  /** An agent without files has nothing to ask, and pays nothing. */
  function withKnowledge(): CallAgentHooks['withKnowledge'] {
    if (!plan.knowledge) return undefined;
    const knowledge = new Knowledge(plan, host.config, log);
    knowledge.warm();
    return (context) => knowledge.addTo(context);
  }
}
