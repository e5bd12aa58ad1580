import { EventEmitter } from 'node:events';
import { initializeLogger, voice } from '@livekit/agents';
import { RoomEvent } from '@livekit/rtc-node';
import { beforeAll, expect, test, vi } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import type { ProviderSet } from '../providers/index.ts';
import type { Caller } from './caller.ts';
import { Outcome } from './outcome.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';
import { Switchboard } from './switchboard.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

test('keys pressed while the agent may not be interrupted are kept: it is heard out, and then answers them', async () => {
  const room = Object.assign(new EventEmitter(), { remoteParticipants: new Map() });
  const outcome = new Outcome();
  const parts = {
    ...{ ctx: { room }, plan: {}, outcome, log: createLogger('test', { level: 'silent' }) },
    host: { config: { livekit: { httpUrl: 'http://127.0.0.1:9', apiKey: 'key', apiSecret: 'secret' } } },
  } as unknown as CallParts;
  const switchboard = new Switchboard(parts, {
    caller: { answeredAt: 1 } as unknown as Caller,
    speech: {} as Speech,
    handOff: async () => '',
  });
  const notice = 'This call is recorded, and that is all there is to say about it.';
  const session = new voice.AgentSession({
    llm: new voice.testing.FakeLLM([
      { input: 'Read the notice.', content: notice, ttft: 2_000, duration: 2_500 },
      { input: '[keys pressed: 12]', content: 'Twelve it is.' },
    ]),
    vad: null,
    turnHandling: { turnDetection: null },
  });
  session.on(voice.AgentSessionEventTypes.Error, () => undefined);
  await session.start({ agent: new voice.Agent({ instructions: 'Be brief.' }), record: false });
  switchboard.attach(session, {} as ProviderSet);
  const speech = session.generateReply({ userInput: 'Read the notice.', allowInterruptions: false });
  for (const digit of '12') room.emit(RoomEvent.DtmfReceived, 0, digit, { identity: 'caller-1' });
  const said = () =>
    session.history.items.flatMap((item) =>
      item.type === 'message' && item.role === 'assistant' ? [item.textContent] : [],
    );
  await vi.waitFor(() => expect(said()).toEqual([notice, 'Twelve it is.']), { timeout: 10_000 });
  expect(speech.interrupted).toBe(false);
  outcome.finish('caller_hung_up');
  await session.close();
});
