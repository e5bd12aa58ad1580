import { initializeLogger, llm, voice } from '@livekit/agents';
import { beforeAll, expect, test, vi } from 'vitest';
import type { CallParts } from '../parts.ts';
import { Silence } from './silence.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

test('what a caller says into the music is kept, and told to the agent when it has them again', async () => {
  const emit = vi.fn();
  const parts = { plan: {}, events: { emit } } as unknown as CallParts;
  let isOnHold = true;
  const silence = new Silence(parts, () => isOnHold);
  const session = new voice.AgentSession({ vad: null, turnHandling: { turnDetection: null } });
  await session.start({ agent: new voice.Agent({ instructions: 'Be brief.' }), record: false });
  silence.attach(session);
  expect([silence.on, silence.onHold]).toEqual([false, true]);
  silence.hearCaller(llm.ChatMessage.create({ role: 'user', content: 'And my name is Ada.' }));
  expect(emit).toHaveBeenCalledWith(
    expect.objectContaining({ type: 'user.turn', text: 'And my name is Ada.' }),
  );
  isOnHold = false;
  await silence.afterHold();
  const heard = () =>
    session.currentAgent.chatCtx.items.flatMap((item) =>
      item.type === 'message' && item.role === 'user' ? [item.textContent] : [],
    );
  expect(heard()).toEqual(['And my name is Ada.']);
  await silence.afterHold();
  expect(heard()).toHaveLength(1);
  await session.close();
});
