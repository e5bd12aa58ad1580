import { initializeLogger, voice } from '@livekit/agents';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { agentDefinition } from '../../../core/agents/definition.ts';
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
