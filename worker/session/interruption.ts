import { AsyncLocalStorage } from 'node:async_hooks';
import { ReadableStream } from 'node:stream/web';
import { voice } from '@livekit/agents';

/** The speech that the current work is done for. */
const current = new AsyncLocalStorage<voice.SpeechHandle>();

/**
 * Lets `untilInterrupted` know whose words it passes on. The framework announces a speech right before it begins the
 * task that makes it, so that the task inherits what is set here.
 */
export function followSpeeches(session: voice.AgentSession): void {
  session.on(voice.AgentSessionEventTypes.SpeechCreated, ({ speechHandle }) =>
    current.enterWith(speechHandle),
  );
}

/**
 * A stream that ends at once when the speech it belongs to is interrupted. The framework waits for the pumps of an
 * interrupted reply, twice two seconds, before it lets the next one be heard; a pump that waits for words or sound does
 * not notice that it is over (agents-js #2065).
 */
export function untilInterrupted<T>(stream: ReadableStream<T>): ReadableStream<T> {
  const speech = current.getStore();
  if (!speech) return stream;
  const reader = stream.getReader();
  let over = false;
  return new ReadableStream<T>({
    start(controller) {
      void onInterrupted(speech).then(() => {
        if (over || !speech.interrupted) return;
        over = true;
        controller.close();
        void reader.cancel().catch(() => undefined);
      });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (over) return;
      if (done) {
        over = true;
        controller.close();
      } else controller.enqueue(value);
    },
    async cancel(reason) {
      over = true;
      await reader.cancel(reason);
    },
  });
}

/** Resolves when a speech is interrupted, or done. */
const onInterrupted = (speech: voice.SpeechHandle): Promise<void> =>
  speech.waitIfNotInterrupted([new Promise<void>((done) => speech.addDoneCallback(() => done()))]);
