import { EventEmitter } from 'node:events';
import { voice } from '@livekit/agents';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { agentDefinition } from '../../core/agents/definition.ts';
import type { CallPlan } from '../../core/calls/plan.ts';
import { watchClock, watchManners } from './manners.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const events = voice.AgentSessionEventTypes;

/** A session as far as manners see it, and everything they ask for. */
function line(given: Parameters<typeof agentDefinition.parse>[0], resume: CallPlan['resume'] = null) {
  const session = Object.assign(new EventEmitter(), { agentState: 'listening', userState: 'listening' });
  const asked: string[] = [];
  const over = new AbortController();
  const handOff = new AbortController();
  const plan = { definition: agentDefinition.parse(given), resume } as CallPlan;
  const hooks = {
    say: (text: string, source: string) => void asked.push(`${source}: ${text}`),
    hangUp: (detail: string) => {
      asked.push(detail);
      over.abort();
    },
    isBusy: () => false,
    over: over.signal,
  };
  const key = watchManners(session as unknown as voice.AgentSession, plan, hooks);
  const otherAgent = AbortSignal.any([over.signal, handOff.signal]);
  watchClock(session as unknown as voice.AgentSession, plan, { ...hooks, otherAgent });
  const user = (state: string) => {
    session.userState = state;
    session.emit(events.UserStateChanged, { newState: state });
  };
  const item = (role: string, text: string, interrupted = false) =>
    session.emit(events.ConversationItemAdded, {
      item: { type: 'message', role, rawTextContent: text, interrupted },
    });
  return { session, asked, over, handOff, key, user, item };
}

test('a silent line is spoken to and then ended; a key of the caller counts as a word', () => {
  const idle = { promptAfterMs: 5_000, prompts: ['Hello?'], hangUpAfterMs: 9_000 };
  const { asked, key } = line({ idle });
  vi.advanceTimersByTime(4_000);
  key();
  vi.advanceTimersByTime(5_000);
  expect(asked).toEqual(['say: Hello?']);
  vi.advanceTimersByTime(4_000);
  expect(asked.at(-1)).toBe('Nobody said anything for 9 s.');
});

test('a caller who is speaking is not idle, however long', () => {
  const { asked, user } = line({ idle: { promptAfterMs: 5_000, prompts: ['Hello?'], hangUpAfterMs: 9_000 } });
  user('speaking');
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([]);
});

test('the warning comes before the time is up, counted from the answer also after a rescue', () => {
  const definition = { maxCallDurationMs: 60_000, durationWarning: { beforeMs: 20_000, text: 'Soon over.' } };
  const first = line(definition);
  vi.advanceTimersByTime(39_999);
  expect(first.asked).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(first.asked).toEqual(['say: Soon over.']);
  const rescued = line(definition, { history: [], answeredAt: Date.now() - 30_000 });
  vi.advanceTimersByTime(10_000);
  expect(rescued.asked).toEqual(['say: Soon over.']);
  const late = line(definition, { history: [], answeredAt: Date.now() - 50_000 });
  vi.advanceTimersByTime(60_000);
  expect(late.asked).toEqual([]);
});

test('a phrase that the agent said to its end ends the call; the caller’s words and a cut one do not', () => {
  const { asked, item } = line({ endCallPhrases: ['goodbye'] });
  item('user', 'Goodbye');
  item('assistant', 'Goodb… goodbye', true);
  item('assistant', 'You are welcome.');
  expect(asked).toEqual([]);
  item('assistant', 'Thank you. Goodbye!');
  expect(asked).toEqual(['The agent said “goodbye”.']);
});

test('an agent that waits speaks after all, unless the caller was faster or the call was taken over', () => {
  const wait = { speaksFirst: 'wait' as const, firstMessage: 'Hello!', firstMessageDelayMs: 2_000 };
  const [silent, faster] = [line(wait), line(wait)];
  const rescued = line(wait, { history: [], answeredAt: Date.now() });
  vi.advanceTimersByTime(1_000);
  faster.user('speaking');
  vi.advanceTimersByTime(60_000);
  expect([silent.asked, faster.asked, rescued.asked]).toEqual([['greeting: Hello!'], [], []]);
});

test('after the end nothing is said any more', () => {
  const { asked, over, session } = line({
    idle: { promptAfterMs: 5_000, prompts: ['Hello?'], hangUpAfterMs: 9_000 },
    maxCallDurationMs: 60_000,
    durationWarning: { beforeMs: 20_000, text: 'Soon over.' },
  });
  over.abort();
  session.emit(events.AgentStateChanged, {});
  vi.advanceTimersByTime(120_000);
  expect(asked).toEqual([]);
});

test('an agent that gave the call to another one neither prompts nor ends it', () => {
  const idle = { promptAfterMs: 5_000, prompts: ['Hello?'], hangUpAfterMs: 9_000 };
  const { asked, item, key, over } = line({ idle, endCallPhrases: ['goodbye'] });
  over.abort();
  key();
  item('assistant', 'Goodbye!');
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([]);
});

test('the first message of an agent is not said any more when another one has the call', () => {
  const wait = { speaksFirst: 'wait', firstMessage: 'Hello?', firstMessageDelayMs: 3_000 };
  const { asked, handOff } = line(wait);
  handOff.abort();
  vi.advanceTimersByTime(10_000);
  expect(asked).toEqual([]);
});
