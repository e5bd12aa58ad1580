import type { TTS } from '@livekit/agents-plugin-elevenlabs';
import type { AudioFrame } from '@livekit/rtc-node';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { deliverAtOnce } from './prompt-voice.ts';

interface Given {
  readonly frame: AudioFrame;
  readonly final: boolean;
  readonly requestId: string;
  readonly timedTranscripts?: readonly { readonly text: string }[];
}

const rate = 24_000;

/** A stream of the plugin, as far as it is spoken to. */
function pluginStream() {
  const given: Given[] = [];
  const own = {
    ...{ contextId: 'context', closed: false, abortController: new AbortController() },
    queue: { closed: false, put: (audio: Given) => void given.push(audio) },
    ...{ pushAudio: vi.fn(), pushTimedTranscript: vi.fn(), markDone: vi.fn() },
  };
  const doneByPlugin = own.markDone;
  const stream = deliverAtOnce(own as unknown as ReturnType<TTS['stream']>, rate);
  return { given, own, stream, doneByPlugin };
}

const samplesOf = (given: readonly Given[]) => given.flatMap(({ frame }) => [...frame.data]);
const bytesOf = (samples: Int16Array, from = 0, to = samples.byteLength) =>
  Buffer.from(samples.buffer, samples.byteOffset + from, to - from);
const speech = Int16Array.from({ length: rate + 700 }, (_, at) => (at % 20_000) - 10_000);

describe('speech of ElevenLabs’ plugin', () => {
  let at: ReturnType<typeof pluginStream>;
  beforeEach(() => {
    at = pluginStream();
  });

  it('is there as soon as it has come, but for the last 100 ms', () => {
    at.stream.pushAudio(bytesOf(speech));
    expect(at.given.map(({ frame }) => frame.samplesPerChannel)).toEqual(Array(9).fill(2_400));
    expect(at.given.every(({ final, requestId }) => !final && requestId === 'context')).toBe(true);
  });

  it('is the same sound, however it is cut, and its last piece is marked', () => {
    for (let from = 0, step = 1; from < speech.byteLength; from += step, step = (step * 7) % 6_001)
      at.stream.pushAudio(bytesOf(speech, from, Math.min(speech.byteLength, from + step)));
    at.stream.markDone();
    expect(samplesOf(at.given)).toEqual([...speech]);
    expect(at.given.map(({ final }) => final)).toEqual([...Array(10).fill(false), true]);
    expect(at.doneByPlugin).toHaveBeenCalledOnce();
  });

  it('ends with a whole piece where that is the last, and with nothing where nothing came', () => {
    at.stream.pushAudio(bytesOf(speech, 0, 4_800));
    expect(at.given).toEqual([]);
    at.stream.markDone();
    expect(at.given).toMatchObject([{ final: true }]);
    const mute = pluginStream();
    mute.stream.markDone();
    expect([mute.given, mute.doneByPlugin.mock.calls.length]).toEqual([[], 1]);
  });

  it('brings the times of words along with the next sound', () => {
    const words = ['Good', 'morning', 'to', 'you'].map((text) => ({ text }) as never);
    at.stream.pushTimedTranscript(words.slice(0, 2));
    at.stream.pushTimedTranscript(words.slice(2, 3));
    at.stream.pushAudio(bytesOf(speech, 0, 9_600));
    at.stream.pushTimedTranscript(words.slice(3));
    at.stream.markDone();
    expect(at.given.map(({ timedTranscripts }) => timedTranscripts?.map(({ text }) => text))).toEqual([
      ['Good', 'morning', 'to'],
      ['you'],
    ]);
  });

  it.each(['closed', 'aborted', 'attempt over'])('is for nobody when the stream is %s', (how) => {
    at.stream.pushAudio(bytesOf(speech, 0, 9_600));
    if (how === 'closed') at.own.closed = true;
    else if (how === 'aborted') at.own.abortController.abort();
    else at.own.queue.closed = true;
    at.stream.pushAudio(bytesOf(speech));
    at.stream.markDone();
    expect(at.given).toHaveLength(1);
    expect(at.doneByPlugin).toHaveBeenCalledOnce();
  });
});
