import { TTS } from '@livekit/agents-plugin-elevenlabs';
import { AudioFrame } from '@livekit/rtc-node';

type Stream = ReturnType<TTS['stream']>;
/** Words with their times, as the plugin reads them off a message. */
type TimedWords = Parameters<Stream['pushTimedTranscript']>[0];

/** What of a stream of the plugin (1.9.0) is not for everybody; `queue` is another one for each attempt. */
interface Inside {
  readonly closed: boolean;
  readonly abortController: AbortController;
  readonly queue: {
    readonly closed: boolean;
    put(audio: {
      readonly requestId: string;
      readonly segmentId: string;
      readonly frame: AudioFrame;
      readonly final: boolean;
      readonly timedTranscripts?: TimedWords;
    }): void;
  };
}

const frameMs = 100;

/**
 * ElevenLabs' plugin, but sound goes on when it comes. The plugin's own stream looks for it every 10 ms, and puts each
 * message behind what it has by way of an array of its single bytes: 8 ms for two seconds of speech, in which the calls
 * of the process stand still.
 */
export class PromptElevenLabs extends TTS {
  override stream(...given: Parameters<TTS['stream']>): Stream {
    return deliverAtOnce(super.stream(...given), this.sampleRate);
  }
}

/** Takes the place of what the plugin's connection calls for each message. Frames are of 100 ms, as the plugin's. */
export function deliverAtOnce(stream: Stream, sampleRate: number): Stream {
  const inside = stream as unknown as Inside;
  const frameBytes = (sampleRate * 2 * frameMs) / 1_000;
  let rest: Buffer = Buffer.alloc(0);
  /** Held until there is another one: the last is marked as such. */
  let latest: AudioFrame | undefined;
  let words: TimedWords = [];
  const isOver = () => inside.closed || inside.abortController.signal.aborted || inside.queue.closed;
  const give = (final: boolean) => {
    if (!latest || isOver()) return;
    const timed = words.length > 0 ? { timedTranscripts: words } : {};
    inside.queue.put({
      requestId: stream.contextId,
      segmentId: stream.contextId,
      frame: latest,
      final,
      ...timed,
    });
    [latest, words] = [undefined, []];
  };
  const take = (bytes: Buffer) => {
    give(false);
    const samples = new Int16Array(new Uint8Array(bytes).buffer);
    latest = new AudioFrame(samples, sampleRate, 1, samples.length);
  };
  stream.pushAudio = (data) => {
    if (isOver()) return;
    const piece = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % frameBytes);
    for (let at = 0; at < whole; at += frameBytes) take(all.subarray(at, at + frameBytes));
    rest = Buffer.from(all.subarray(whole));
  };
  stream.pushTimedTranscript = (timedWords) => {
    words = [...words, ...timedWords];
  };
  const { markDone } = stream;
  stream.markDone = () => {
    const even = rest.length - (rest.length % 2);
    if (even > 0 && !isOver()) take(rest.subarray(0, even));
    rest = Buffer.alloc(0);
    give(true);
    // The plugin's own loop, which has seen nothing, ends.
    markDone.call(stream);
  };
  return stream;
}
