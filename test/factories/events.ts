import type { CallEvent, CallEventBody, TurnLatency } from '../../core/calls/events.ts';

export const latency: TurnLatency = {
  transcriptionMs: 80,
  endOfTurnMs: 210,
  llmFirstTokenMs: 120,
  ttsFirstByteMs: 90,
  totalMs: 480,
};

/** Numbers bodies as one worker would: from 1, one a second. */
export function eventsOf(
  callId: string,
  bodies: readonly CallEventBody[],
  { epoch = 1, startAt = 1_700_000_000_000 }: { epoch?: number; startAt?: number } = {},
): CallEvent[] {
  return bodies.map((body, index) => ({
    callId,
    epoch,
    seq: index + 1,
    at: startAt + index * 1_000,
    ...body,
  }));
}

/** The bodies of an ordinary inbound call of two turns. */
export const conversation = (startAt = 1_700_000_000_000): CallEventBody[] => [
  { type: 'agent.joined', hostId: 'host-1', identity: 'agent' },
  {
    type: 'caller.joined',
    identity: 'sip_1',
    attributes: { 'sip.phoneNumber': '+14155559876', 'sip.callIDFull': 'abc@carrier' },
  },
  { type: 'call.answered' },
  { type: 'agent.first_word', afterAnswerMs: 1_000 },
  {
    type: 'agent.turn',
    text: 'Hello!',
    source: 'greeting',
    interrupted: false,
    startedAt: startAt + 3_000,
    endedAt: startAt + 4_000,
    latency: null,
  },
  { type: 'user.turn', text: 'When are you open?', startedAt: startAt + 4_500, endedAt: startAt + 5_500 },
  {
    type: 'agent.turn',
    text: 'From nine to six.',
    source: 'reply',
    interrupted: true,
    startedAt: startAt + 6_000,
    endedAt: startAt + 7_000,
    latency,
  },
  { type: 'ended', reason: 'caller_hung_up', detail: 'The caller hung up.' },
];
