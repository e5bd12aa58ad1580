import { describe, expect, test } from 'vitest';
import { type CallFacts, dispositionOf } from './dispositions.ts';

const answeredAt = new Date(10_000);
const conversation: CallFacts = {
  channel: 'phone',
  direction: 'inbound',
  dialOutcome: null,
  answeredAt,
  firstWordAt: new Date(10_200),
  endReason: 'caller_hung_up',
  userTurns: 3,
  speaksFirst: 'agent',
};
const outbound: CallFacts = { ...conversation, direction: 'outbound', dialOutcome: 'answered' };
const of = (base: CallFacts, change: Partial<CallFacts>) => dispositionOf({ ...base, ...change });

describe('a call that was answered', () => {
  test.each(['caller_hung_up', 'agent_hung_up', 'operator_hung_up', 'max_duration', 'room_closed'])(
    'with a conversation that ended with %s is completed',
    (endReason) => {
      expect(of(conversation, { endReason })).toBe('completed');
      expect(of(outbound, { endReason })).toBe('completed');
    },
  );

  test.each(['provider_failed', 'internal_error', 'worker_stopped'])(
    'that ended with %s is failed',
    (endReason) => {
      expect(of(conversation, { endReason })).toBe('failed');
      expect(of(conversation, { endReason, userTurns: 0, firstWordAt: null })).toBe('failed');
    },
  );

  test('and handed to a person is transferred; a machine is voicemail', () => {
    expect(of(conversation, { endReason: 'transferred' })).toBe('transferred');
    expect(of(outbound, { endReason: 'voicemail', userTurns: 0 })).toBe('voicemail');
  });

  test('and left before the first word of the agent is abandoned', () => {
    expect(of(conversation, { firstWordAt: null, userTurns: 0 })).toBe('abandoned');
    expect(of(conversation, { firstWordAt: null, userTurns: 1 })).toBe('abandoned');
    expect(of(outbound, { firstWordAt: null, userTurns: 0 })).toBe('abandoned');
  });

  test('by a callee who heard nothing for more than two seconds is abandoned, unless they talked after all', () => {
    const at = (ms: number) => new Date(answeredAt.getTime() + ms);
    expect(of(outbound, { firstWordAt: at(2_001), userTurns: 0 })).toBe('abandoned');
    expect(of(outbound, { firstWordAt: at(2_000), userTurns: 0 })).toBe('completed');
    expect(of(outbound, { firstWordAt: at(2_001), userTurns: 1 })).toBe('completed');
    expect(of(conversation, { firstWordAt: at(2_001), userTurns: 0 })).toBe('completed');
  });

  test('by an agent that waits for the caller is not abandoned because it was silent', () => {
    const waits: Partial<CallFacts> = { speaksFirst: 'caller', firstWordAt: null, userTurns: 0 };
    expect(of(outbound, waits)).toBe('completed');
    expect(of(conversation, { ...waits, userTurns: 1 })).toBe('completed');
  });

  test('and whose end nobody can explain is not called completed', () => {
    expect(of(conversation, { endReason: 'lost' })).toBe('failed');
    expect(of(conversation, { endReason: null })).toBe('failed');
  });
});

describe('a call that nobody answered', () => {
  const ringing: CallFacts = {
    ...outbound,
    dialOutcome: null,
    answeredAt: null,
    firstWordAt: null,
    userTurns: 0,
  };

  test.each(['busy', 'no_answer', 'rejected', 'failed', 'canceled', 'unknown'] as const)(
    'is %s when the dialer says so, whatever the worker saw',
    (dialOutcome) => {
      for (const endReason of ['caller_never_joined', 'room_closed', `dial_${dialOutcome}`])
        expect(of(ringing, { dialOutcome, endReason })).toBe(dialOutcome);
    },
  );

  test('is no_answer when the agent waited in vain, and unknown when nobody can tell', () => {
    expect(of(ringing, { endReason: 'caller_never_joined' })).toBe('no_answer');
    expect(of(ringing, { endReason: 'lost' })).toBe('unknown');
  });

  test('is canceled by an operator, failed by a fault, abandoned by a caller or visitor', () => {
    expect(of(ringing, { endReason: 'operator_hung_up' })).toBe('canceled');
    expect(of(ringing, { endReason: 'internal_error' })).toBe('failed');
    const inbound: Partial<CallFacts> = { direction: 'inbound', endReason: 'caller_hung_up' };
    expect(of(ringing, inbound)).toBe('abandoned');
    expect(of(ringing, { ...inbound, channel: 'web', endReason: 'caller_never_joined' })).toBe('abandoned');
  });
});
