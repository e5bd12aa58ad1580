import type { Room } from '@livekit/rtc-node';
import { describe, expect, it } from 'vitest';
import { hearOwnEvents } from './own-events.ts';

describe('a room among others in one process', () => {
  const event = (kind: string, roomHandle?: bigint) => ({ message: { case: kind, value: { roomHandle } } });

  function aRoom() {
    const heard: string[] = [];
    const inside: { onFfiEvent: unknown; ffiHandle?: { handle: bigint } } = {
      onFfiEvent: async ({ message }: ReturnType<typeof event>) => void heard.push(message.case),
    };
    hearOwnEvents(inside as unknown as Room);
    const tell = inside.onFfiEvent as (event: unknown) => Promise<void>;
    return { heard, inside, tell };
  }

  it('hears its own events, and calls of its procedures, which say no room', async () => {
    const { heard, inside, tell } = aRoom();
    inside.ffiHandle = { handle: 7n };
    await tell(event('roomEvent', 7n));
    await tell(event('roomEvent', 8n));
    await tell(event('rpcMethodInvocation'));
    expect(heard).toEqual(['roomEvent', 'rpcMethodInvocation']);
  });

  it('is not woken for sound and log lines', async () => {
    const { heard, tell } = aRoom();
    for (const kind of ['audioStreamEvent', 'captureAudioFrame', 'logs', 'connect']) await tell(event(kind));
    expect(heard).toEqual([]);
  });

  it('is given every event of a room while it does not know its own handle', async () => {
    const { heard, tell } = aRoom();
    await tell(event('roomEvent', 8n));
    expect(heard).toEqual(['roomEvent']);
  });
});
