import { EventEmitter } from 'node:events';
import { stt } from '@livekit/agents';
import { type AudioFrame, type AudioStream, type RemoteTrack, RoomEvent, TrackKind } from '@livekit/rtc-node';
import { expect, test, vi } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import { Overhear } from './overhear.ts';

/** Frames of one track; ends with it. */
function soundOf(name: string) {
  const cancel = vi.fn(async () => undefined);
  async function* frames() {
    yield { data: name } as unknown as AudioFrame;
  }
  return { cancel, stream: Object.assign(frames(), { cancel }) as unknown as AudioStream };
}

test('somebody whose microphone or connection comes anew is understood on', async () => {
  const room = Object.assign(new EventEmitter(), { remoteParticipants: new Map() });
  const pushed: unknown[] = [];
  const streams = vi.fn(() => ({
    pushFrame: ({ data }: { data: unknown }) => pushed.push(data),
    close: () => undefined,
    async *[Symbol.asyncIterator]() {
      yield {
        type: stt.SpeechEventType.FINAL_TRANSCRIPT,
        alternatives: [{ text: 'Yes.' }],
      };
    },
  }));
  const recogniser = {
    ...{ capabilities: { streaming: true }, stream: streams, close: async () => undefined },
  } as unknown as stt.STT;
  const hear = vi.fn();
  const sounds = new Map(['one', 'two'].map((name) => [name, soundOf(name)]));
  const open = (track: RemoteTrack) => {
    const sound = sounds.get(track.sid ?? '');
    if (!sound) throw new Error('no such track');
    return sound.stream;
  };
  const log = createLogger('test', { level: 'silent' });
  const ear = new Overhear(room as never, 'person-1', recogniser, hear, log, open);
  const publish = (sid: string, identity = 'person-1') =>
    room.emit(RoomEvent.TrackSubscribed, { sid, kind: TrackKind.KIND_AUDIO }, undefined, { identity });
  publish('one', 'caller-1');
  publish('one');
  await vi.waitFor(() => expect(pushed).toEqual(['one']), { timeout: 10_000 });
  publish('two');
  await vi.waitFor(() => expect(pushed).toEqual(['one', 'two']), { timeout: 10_000 });
  expect(sounds.get('one')?.cancel).toHaveBeenCalled();
  expect(streams).toHaveBeenCalledTimes(1);
  expect(hear).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ text: 'Yes.' }));
  ear.close();
});
