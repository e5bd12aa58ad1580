import { EventEmitter } from 'node:events';
import { initializeLogger, voice } from '@livekit/agents';
import { RoomEvent } from '@livekit/rtc-node';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { agentDefinition } from '../../../core/agents/definition.ts';
import { createLogger } from '../../../platform/log.ts';
import type { ProviderSet } from '../../providers/index.ts';
import { resumedContext } from '../history.ts';
import type { MediaGate } from '../media-gate.ts';
import type { CallParts } from '../parts.ts';
import type { Speech } from '../speech.ts';
import { WaitingRoom } from './waiting-room.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

let session: voice.AgentSession;
afterEach(() => session.close());

async function rig(parts: object) {
  const speech = { render: async () => new Int16Array(1) } as unknown as Speech;
  const gate = { set: async () => undefined } as unknown as MediaGate;
  const waiting = new WaitingRoom(parts as CallParts, speech, gate);
  session = new voice.AgentSession({ vad: null, turnHandling: { turnDetection: null } });
  const chatCtx = resumedContext({ history: [{ role: 'user', text: 'My bill is wrong.' }], answeredAt: 1 });
  await session.start({ agent: new voice.Agent({ instructions: 'Be brief.', chatCtx }), record: false });
  waiting.attach(session, {} as ProviderSet);
  return waiting;
}

test('whoever is asked to take a call is told what the caller said before another worker took it over', async () => {
  const waiting = await rig({
    plan: { agent: { name: 'Rosa' }, definition: agentDefinition.parse({}) },
    host: { config: { env: {} } },
  });
  expect(await waiting.briefing(null)).toContain('My bill is wrong.');
});

test('an agent in a conference knows when it is alone with the caller again', async () => {
  const room = Object.assign(new EventEmitter(), { remoteParticipants: new Map([['person-1', {}]]) });
  const waiting = await rig({
    ...{ ctx: { room }, outcome: {}, log: createLogger('test', { level: 'silent' }) },
    input: { addGuest: () => undefined },
  });
  await waiting.connect('person-1', 'conference');
  const leave = (identity: string) => {
    room.remoteParticipants.delete(identity);
    room.emit(RoomEvent.ParticipantDisconnected, { identity });
  };
  const told = () =>
    session.currentAgent.chatCtx.items.flatMap((item) =>
      item.type === 'message' && item.textContent?.includes('hung up') ? [item.role] : [],
    );
  leave('supervisor-1');
  expect(told()).toEqual([]);
  leave('person-1');
  leave('person-1');
  await vi.waitFor(() => expect(told()).toEqual(['system']));
  expect(room.eventNames()).toEqual([]);
});
