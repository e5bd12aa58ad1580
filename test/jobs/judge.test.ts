import { describe, expect, test } from 'vitest';
import { type Evidence, judge } from '../../jobs/calls/judge.ts';

const now = 1_800_000_000_000;
const ago = (ms: number) => new Date(now - ms);

function evidence(call: Partial<Evidence['call']>, rest: Partial<Omit<Evidence, 'call'>> = {}): Evidence {
  return {
    call: {
      status: 'active',
      channel: 'phone',
      direction: 'inbound',
      epoch: 1,
      appliedSeq: 3,
      queuedAt: ago(60_000),
      dialedAt: null,
      updatedAt: ago(60_000),
      endedAt: null,
      answeredAt: null,
      dialOutcome: null,
      bridgedAt: null,
      recorderStays: false,
      ...call,
    },
    now,
    room: null,
    carried: false,
    eventsWaiting: false,
    dialJobWaiting: false,
    ...rest,
  };
}

describe('the sweep', () => {
  test('sends the dial job of a queued call again when it is lost', () => {
    expect(judge(evidence({ status: 'queued' }))).toEqual({ do: 'dial' });
  });

  test('leaves a queued call alone whose dial job is waiting, however long', () => {
    const old = { status: 'queued', queuedAt: ago(3_600_000) } as const;
    expect(judge(evidence(old, { dialJobWaiting: true }))).toEqual({ do: 'leave' });
  });

  test('gives a queued call up whose trunk is never ready', () => {
    expect(judge(evidence({ status: 'queued', queuedAt: ago(121_000) }))).toMatchObject({
      do: 'abandon',
      reason: 'dial_failed',
    });
  });

  test('gives a visitor up who never came, but not one who may still come', () => {
    const web = { status: 'queued', channel: 'web' } as const;
    expect(judge(evidence({ ...web, queuedAt: ago(600_000) }))).toEqual({ do: 'leave' });
    expect(judge(evidence({ ...web, queuedAt: ago(700_000) }))).toMatchObject({
      do: 'abandon',
      reason: 'caller_never_joined',
    });
  });

  test.each(['ringing', 'active', 'dialing'] as const)(
    'rescues a caller who is alone in the room of a call that is %s',
    (status) => {
      expect(judge(evidence({ status }, { room: { people: 1, agent: false } }))).toEqual({ do: 'rescue' });
    },
  );

  test('leaves a caller who waits for a first agent to the sweep that seats them', () => {
    const waiting = { status: 'ringing', appliedSeq: 0 } as const;
    expect(judge(evidence(waiting, { room: { people: 1, agent: false } }))).toEqual({ do: 'leave' });
    expect(judge(evidence(waiting))).toMatchObject({ do: 'abandon', reason: 'caller_hung_up' });
    const outbound = { ...waiting, direction: 'outbound' } as const;
    expect(judge(evidence(outbound, { room: { people: 1, agent: false } }))).toEqual({ do: 'rescue' });
    const lost = { ...waiting, epoch: 2 } as const;
    expect(judge(evidence(lost, { room: { people: 1, agent: false } }))).toEqual({ do: 'rescue' });
  });

  test('does not rescue a call that has an agent, or that a living host carries', () => {
    expect(judge(evidence({}, { room: { people: 1, agent: true } }))).toEqual({ do: 'leave' });
    expect(judge(evidence({}, { room: { people: 1, agent: false }, carried: true }))).toEqual({
      do: 'leave',
    });
  });

  test('leaves two who were put through alone, without an agent, until one of them is gone', () => {
    const bridged = { bridgedAt: ago(50_000) };
    expect(judge(evidence(bridged, { room: { people: 2, agent: false } }))).toEqual({ do: 'leave' });
    for (const room of [{ people: 1, agent: false }, null])
      expect(judge(evidence(bridged, { room }))).toEqual({ do: 'end-bridged' });
  });

  test('leaves two who are being recorded to their recorder, and knows when it is lost', () => {
    const recorded = { bridgedAt: ago(50_000), recorderStays: true };
    for (const people of [1, 2]) {
      expect(judge(evidence(recorded, { room: { people, agent: true } }))).toEqual({ do: 'leave' });
      expect(judge(evidence(recorded, { room: { people, agent: false }, carried: true }))).toEqual({
        do: 'leave',
      });
    }
    expect(judge(evidence(recorded, { room: { people: 2, agent: false } }))).toEqual({ do: 'rescue' });
    for (const room of [{ people: 1, agent: false }, null])
      expect(judge(evidence(recorded, { room }))).toEqual({ do: 'end-bridged' });
  });

  test('ends a call whose room and agent are gone without a word', () => {
    expect(judge(evidence({}))).toMatchObject({ do: 'abandon', reason: 'room_closed' });
    expect(judge(evidence({}, { room: { people: 0, agent: false } }))).toMatchObject({ do: 'abandon' });
  });

  test('does not end it while a host still carries it, or reports are queued, or it has just happened', () => {
    expect(judge(evidence({}, { carried: true }))).toEqual({ do: 'leave' });
    expect(judge(evidence({}, { eventsWaiting: true }))).toEqual({ do: 'leave' });
    expect(judge(evidence({ updatedAt: ago(20_000) }))).toEqual({ do: 'leave' });
  });

  test('does not wait for queued reports for ever', () => {
    expect(judge(evidence({ updatedAt: ago(601_000) }, { eventsWaiting: true }))).toMatchObject({
      do: 'abandon',
    });
  });

  test('leaves a lost dial job the time to come back by itself', () => {
    expect(judge(evidence({ status: 'dialing', updatedAt: ago(60_000) }))).toEqual({ do: 'leave' });
    expect(judge(evidence({ status: 'dialing', updatedAt: ago(91_000) }))).toMatchObject({ do: 'abandon' });
  });

  test('finalizes what has ended', () => {
    expect(judge(evidence({ status: 'ended', endedAt: ago(60_000) }))).toEqual({ do: 'finalize' });
  });

  test('closes an ended call whose dial job never says how it went', () => {
    const call = { status: 'ended', dialedAt: ago(200_000), endedAt: ago(121_000) } as const;
    expect(judge(evidence(call))).toMatchObject({ do: 'abandon', reason: 'dial_unknown' });
    expect(judge(evidence({ ...call, dialOutcome: 'busy' }))).toEqual({ do: 'finalize' });
    expect(judge(evidence({ ...call, answeredAt: ago(150_000) }))).toEqual({ do: 'finalize' });
  });
});
