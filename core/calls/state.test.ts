import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallEvent, CallEventBody } from './events.ts';
import { advance, applyEvent, type CallState, end, mayFollow, statusOrder } from './state.ts';

const fresh: CallState = {
  status: 'queued',
  answeredAt: null,
  firstWordAt: null,
  endedAt: null,
  bridgedAt: null,
  recorderStays: false,
  endReason: null,
  endDetail: null,
  fromNumber: null,
  sipCallId: null,
};

const event = (body: CallEventBody, at = 1_000, epoch = 1): CallEvent => ({
  callId: '01a2069e-8151-798c-a507-af8bd4bebb12',
  epoch,
  seq: 1,
  at,
  ...body,
});

const answered: CallEventBody = { type: 'call.answered' };
const ended: CallEventBody = { type: 'ended', reason: 'caller_hung_up', detail: 'd' };

describe('the status machine', () => {
  test('a status is followed by later ones only', () => {
    const followers = Object.fromEntries(
      statusOrder.map((from) => [from, statusOrder.filter((to) => mayFollow(from, to))]),
    );
    expect(followers).toEqual({
      queued: ['dialing', 'ringing', 'active', 'ended'],
      dialing: ['ringing', 'active', 'ended'],
      ringing: ['active', 'ended'],
      active: ['ended'],
      ended: [],
    });
  });

  test('no sequence of steps ever goes back', () => {
    const status = fc.constantFrom(...statusOrder);
    fc.assert(
      fc.property(status, fc.array(status), (start, steps) => {
        let current = start;
        for (const step of steps) {
          const next = advance(current, step);
          expect(statusOrder.indexOf(next)).toBeGreaterThanOrEqual(statusOrder.indexOf(current));
          current = next;
        }
      }),
    );
  });
});

describe('what an event does to a call', () => {
  test('somebody joins: it rings, and a caller from outside has a number', () => {
    const joined = event({
      type: 'caller.joined',
      identity: 'sip',
      attributes: { 'sip.phoneNumber': '+14155559876', 'sip.callID': 'short', 'sip.callIDFull': 'full' },
    });
    expect(applyEvent(fresh, joined, 'inbound')).toMatchObject({
      status: 'ringing',
      fromNumber: '+14155559876',
      sipCallId: 'full',
    });
    expect(applyEvent({ ...fresh, fromNumber: '+12025550100' }, joined, 'outbound')).toMatchObject({
      fromNumber: '+12025550100',
    });
  });

  test('a visitor without SIP attributes changes nothing but the status', () => {
    const joined = event({ type: 'caller.joined', identity: 'v', attributes: {} });
    expect(applyEvent(fresh, joined, 'inbound')).toEqual({ ...fresh, status: 'ringing' });
  });

  test('the first worker knows best when the call was answered; a rescuer changes nothing', () => {
    const guess = { ...fresh, answeredAt: new Date(5) };
    expect(applyEvent(guess, event(answered), 'outbound').answeredAt).toEqual(new Date(1_000));
    expect(applyEvent(guess, event(answered, 1_000, 2), 'outbound').answeredAt).toEqual(new Date(5));
    expect(applyEvent(fresh, event(answered, 1_000, 2), 'outbound').answeredAt).toEqual(new Date(1_000));
  });

  test('the first first word counts', () => {
    const word = (at: number) => event({ type: 'agent.first_word', afterAnswerMs: 1 }, at);
    const once = applyEvent(fresh, word(10), 'inbound');
    expect(applyEvent(once, word(20), 'inbound').firstWordAt).toEqual(new Date(10));
  });

  test('the first end counts, and nothing moves the status afterwards', () => {
    const over = applyEvent(fresh, event(ended, 50), 'inbound');
    expect(over).toMatchObject({ status: 'ended', endedAt: new Date(50), endReason: 'caller_hung_up' });
    expect(applyEvent(over, event(answered, 60), 'inbound').status).toBe('ended');
    expect(end(over, { at: new Date(70), reason: 'lost', detail: '' })).toBe(over);
  });
});
