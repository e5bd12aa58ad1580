import { ReadableStream } from 'node:stream/web';
import { AudioFrame } from '@livekit/rtc-node';

/** What a voice may lag behind the other before its oldest frames are dropped. */
const longestQueue = 4;

/** The samples of both, added up and kept within 16 bits. Frames of one length and rate. Pure. */
export function addFrames(main: AudioFrame, other: AudioFrame | undefined): AudioFrame {
  if (!other) return main;
  const samples = main.data.slice();
  const length = Math.min(samples.length, other.data.length);
  for (let at = 0; at < length; at++)
    samples[at] = Math.max(-32_768, Math.min(32_767, (samples[at] ?? 0) + (other.data[at] ?? 0)));
  return new AudioFrame(samples, main.sampleRate, main.channels, main.samplesPerChannel);
}

/**
 * Several people as one stream, at the pace of the first: when it ends, so does the mix; the others may come and go.
 */
export function mixStreams(
  main: AsyncIterable<AudioFrame>,
  ...guests: readonly AsyncIterable<AudioFrame>[]
): ReadableStream<AudioFrame> {
  const queues = guests.map((guest) => {
    const queue: AudioFrame[] = [];
    const collect = async () => {
      for await (const frame of guest) {
        queue.push(frame);
        if (queue.length > longestQueue) queue.shift();
      }
    };
    collect().catch(() => undefined);
    return queue;
  });
  const frames = main[Symbol.asyncIterator]();
  return new ReadableStream<AudioFrame>({
    pull: async (controller) => {
      const { done, value } = await frames.next();
      if (done) controller.close();
      else controller.enqueue(queues.reduce((frame, queue) => addFrames(frame, queue.shift()), value));
    },
    cancel: async () => void (await frames.return?.()),
  });
}
