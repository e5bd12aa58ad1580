import { voice } from '@livekit/agents';
import { endPhraseIn } from '../../core/agents/end-phrases.ts';
import type { CallPlan } from '../../core/calls/plan.ts';
import { IdleWatch } from './idle-watch.ts';

interface MannersHooks {
  /** Says a text as it stands. */
  readonly say: (text: string, source: 'greeting' | 'say') => void;
  readonly hangUp: (detail: string, withGoodbye: boolean) => void;
  readonly isBusy: () => boolean;
  /** Aborted when the call is over. */
  readonly over: AbortSignal;
}

/** The part of a session that this listens to. */
type Session = Pick<voice.AgentSession, 'on' | 'agentState' | 'userState'>;
const { AgentStateChanged, UserStateChanged, ConversationItemAdded } = voice.AgentSessionEventTypes;

/**
 * What the definition asks for beside the conversation: prompts and an end for a silent line, and phrases that end the
 * call. To be called when the line is up, and anew for every agent that goes on; answers what to call when the caller
 * does something that is not speech (a key).
 */
export function watchManners(session: Session, { definition }: CallPlan, hooks: MannersHooks): () => void {
  const idle = new IdleWatch(definition.idle, {
    say: (text) => hooks.say(text, 'say'),
    hangUp: (silentMs) => hooks.hangUp(`Nobody said anything for ${Math.round(silentMs / 1_000)} s.`, true),
    isBusy: hooks.isBusy,
  });
  const look = () => {
    if (hooks.over.aborted) return;
    if (session.userState === 'speaking') idle.callerActive();
    else if (session.agentState === 'listening') idle.quiet();
    else idle.agentActive();
  };
  session.on(AgentStateChanged, look);
  session.on(UserStateChanged, look);
  session.on(ConversationItemAdded, ({ item }) => {
    if (hooks.over.aborted || item.type !== 'message' || item.role !== 'assistant' || item.interrupted)
      return;
    const found = endPhraseIn(item.rawTextContent ?? '', definition.endCallPhrases);
    if (found !== undefined) hooks.hangUp(`The agent said “${found}”.`, false);
  });
  hooks.over.addEventListener('abort', () => idle.stop(), { once: true });
  look();
  return () => {
    if (hooks.over.aborted) return;
    idle.callerActive();
    look();
  };
}

/**
 * What belongs to the call: a word before its time is up, whoever goes on with it, and a first message after all.
 * `otherAgent` is aborted when another agent goes on, or the call is over.
 */
export function watchClock(
  session: Session,
  plan: CallPlan,
  hooks: Pick<MannersHooks, 'say' | 'over'> & { readonly otherAgent: AbortSignal },
): void {
  const warning = warnBeforeEnd(plan, hooks);
  hooks.over.addEventListener('abort', () => clearTimeout(warning), { once: true });
  const first = plan.resume === null ? speakAfterAll(session, plan, hooks) : undefined;
  hooks.otherAgent.addEventListener('abort', () => clearTimeout(first), { once: true });
}

type Says = Pick<MannersHooks, 'say'>;

/** A call that was taken over from another worker began earlier. */
function warnBeforeEnd({ definition, resume }: CallPlan, hooks: Says): NodeJS.Timeout | undefined {
  const { beforeMs, text } = definition.durationWarning;
  const gone = resume === null ? 0 : Date.now() - resume.answeredAt;
  const inMs = definition.maxCallDurationMs - gone - beforeMs;
  if (beforeMs === 0 || text.trim() === '' || inMs <= 0) return undefined;
  return setTimeout(() => hooks.say(text, 'say'), inMs);
}

function speakAfterAll(session: Session, { definition }: CallPlan, hooks: Says): NodeJS.Timeout | undefined {
  const { speaksFirst, firstMessage, firstMessageDelayMs } = definition;
  if (speaksFirst !== 'wait' || firstMessage.trim() === '') return undefined;
  const timer = setTimeout(() => hooks.say(firstMessage, 'greeting'), firstMessageDelayMs);
  session.on(UserStateChanged, ({ newState }) => {
    if (newState === 'speaking') clearTimeout(timer);
  });
  return timer;
}
