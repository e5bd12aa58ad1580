import { APIConnectionError, asLanguageCode, initializeLogger, stt } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Chain } from './chain.ts';
import { Listening } from './stt-listening.ts';

initializeLogger({ pretty: false, level: 'silent' });

/** So long a connection takes. */
let connects = Promise.resolve();

/** A recogniser that hears, and says what the test lets it say. */
class FakeStream extends stt.SpeechStream {
  override label = 'fake';
  frames = 0;
  isClosed = false;
  #fail: ((error: Error) => void) | undefined;

  protected override async run(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    await Promise.race([failed, this.#hear()]);
  }

  async #hear(): Promise<void> {
    await connects;
    for await (const item of this.input) if (typeof item !== 'symbol') this.frames++;
  }

  says(text: string, type = stt.SpeechEventType.FINAL_TRANSCRIPT): void {
    const alternative = { text, language: asLanguageCode('en'), startTime: 0, endTime: 1, confidence: 1 };
    this.queue.put({ type, alternatives: [alternative] });
  }

  fails(message: string): void {
    this.#fail?.(new APIConnectionError({ message, options: { retryable: false } }));
  }

  override close(): void {
    this.isClosed = true;
    super.close();
  }
}

class FakeStt extends stt.STT {
  override label = 'fake';
  readonly #onStream: (stream: FakeStream) => void;

  constructor(onStream: (stream: FakeStream) => void) {
    super({ streaming: true, interimResults: true });
    this.#onStream = onStream;
  }

  override stream(options?: Parameters<stt.STT['stream']>[0]): FakeStream {
    const stream = new FakeStream(this, undefined, options?.connOptions);
    this.#onStream(stream);
    return stream;
  }

  protected override async _recognize(): Promise<stt.SpeechEvent> {
    throw new Error('not used');
  }
}

const voice = 5_000;

function listening(...providers: [string, ...string[]]) {
  const onListening = vi.fn();
  const hooks = {
    onFault: vi.fn(),
    onSwitch: vi.fn(),
    onExhausted: vi.fn(),
    onDeaf: vi.fn(),
    onLost: vi.fn(),
  };
  const opened: { provider: string; stream: FakeStream }[] = [];
  const member = (provider: string) => ({
    provider,
    label: `${provider}/model`,
    make: () => new FakeStt((stream) => opened.push({ provider, stream })),
  });
  const [first, ...others] = providers;
  const chain = new Chain<stt.STT>('stt', [member(first), ...others.map(member)], hooks);
  const heard: string[] = [];
  const under = new Listening(chain, hooks, onListening);
  under.start(({ alternatives }) => heard.push(alternatives?.[0]?.text ?? ''));
  const feed = async (ms: number, level = 0) => {
    for (let at = 0; at < ms; at += 50) {
      under.hear(new AudioFrame(new Int16Array(800).fill(level), 16_000, 1, 800));
      await vi.advanceTimersByTimeAsync(50);
    }
  };
  /** The caller speaks so long; the detector notices the end 300 ms later. */
  const speak = async (ms: number) => {
    under.callerSpeaks(true);
    await feed(ms, voice);
    await feed(300);
    under.callerSpeaks(false);
  };
  return { under, hooks, onListening, opened, heard, feed, speak };
}

beforeEach(() => {
  connects = Promise.resolve();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('tells when a connection stands, and not before', async () => {
  connects = new Promise((resolve) => setTimeout(resolve, 400));
  const { onListening, feed } = listening('deepgram');
  await feed(300);
  expect(onListening).not.toHaveBeenCalled();
  await feed(200);
  expect(onListening).toHaveBeenCalledOnce();
  await feed(500, voice);
  expect(onListening).toHaveBeenCalledOnce();
});

test('does not tell of a connection that is refused; of the one that stands in for it', async () => {
  connects = new Promise((resolve) => setTimeout(resolve, 400));
  const { onListening, opened, feed } = listening('deepgram', 'openai');
  await feed(100);
  opened[0]?.stream.fails('Unexpected server response: 401');
  connects = Promise.resolve();
  await feed(50);
  expect(opened.map(({ provider }) => provider)).toEqual(['deepgram', 'openai']);
  await feed(400);
  expect(onListening).toHaveBeenCalledOnce();
});

test('a transcript that comes before the end of speech is noticed leaves nothing to look after', async () => {
  const { under, hooks, opened, heard, feed } = listening('a');
  under.callerSpeaks(true);
  await feed(1_500, voice);
  opened[0]?.stream.says('hello');
  await feed(200);
  under.callerSpeaks(false);
  await feed(5_000);
  expect(heard).toEqual(['hello']);
  expect(opened).toHaveLength(1);
  expect(hooks.onFault).not.toHaveBeenCalled();
  under.stop();
});

test('a detector that is behind does not have heard again what was understood, but what was said since', async () => {
  const { under, hooks, opened, heard, feed } = listening('a');
  under.callerSpeaks(true);
  await feed(1_500, voice);
  opened[0]?.stream.says('hello');
  await feed(2_000);
  under.callerSpeaks(false);
  await feed(3_000);
  expect(heard).toEqual(['hello']);
  expect(hooks.onFault).not.toHaveBeenCalled();
  under.callerSpeaks(true);
  await feed(1_000, voice);
  under.callerSpeaks(false);
  await feed(3_000);
  expect(hooks.onFault).toHaveBeenCalled();
  expect(opened).toHaveLength(2);
  under.stop();
});

test('speech without a transcript is heard again from its beginning by a new connection', async () => {
  const { under, hooks, opened, heard, feed, speak } = listening('a');
  await feed(2_000);
  await speak(1_000);
  await feed(1_000);
  expect(opened).toHaveLength(2);
  await feed(50);
  // The speech, the moment before it, and the silence since.
  expect(opened[1]?.stream.frames).toBeGreaterThan((1_300 + 800) / 50);
  expect(hooks.onFault).toHaveBeenCalledOnce();
  opened[1]?.stream.says('hello');
  await feed(3_000);
  expect(heard).toEqual(['hello']);
  expect(opened[0]?.stream.isClosed).toBe(true);
  expect(
    [hooks.onDeaf, hooks.onLost, hooks.onSwitch, hooks.onExhausted].map((hook) => hook.mock.calls.length),
  ).toEqual([0, 0, 0, 0]);
  under.stop();
});

test('whichever of the two answers first is believed, and the other is closed', async () => {
  const { under, hooks, opened, heard, feed, speak } = listening('a', 'b');
  await speak(1_000);
  await feed(1_000);
  expect(opened.map(({ provider }) => provider)).toEqual(['a', 'b']);
  opened[0]?.stream.says('late');
  await feed(50);
  expect(opened[1]?.stream.isClosed).toBe(true);
  await speak(1_000);
  await feed(1_500);
  opened[2]?.stream.says('from b');
  await feed(50);
  expect(heard).toEqual(['late', 'from b']);
  expect(hooks.onSwitch).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ from: 'a/model', to: 'b/model' }),
  );
  under.stop();
});

test('noise is asked about, a cough is not, and only noise upon noise ends in despair', async () => {
  const { under, hooks, opened, feed, speak } = listening('a');
  under.callerSpeaks(true);
  await feed(200);
  under.callerSpeaks(false);
  await feed(5_000);
  expect(opened).toHaveLength(1);
  for (let time = 1; time <= 3; time++) {
    await speak(1_000);
    await feed(6_000);
    expect(hooks.onDeaf).toHaveBeenCalledTimes(time);
    expect(hooks.onLost).toHaveBeenCalledTimes(time);
  }
  expect(hooks.onExhausted).not.toHaveBeenCalled();
  await speak(1_000);
  await feed(6_000);
  expect(hooks.onExhausted).toHaveBeenCalledOnce();
  under.stop();
});

test('a connection that ends is made anew, at the next provider if there is one; refused everywhere is the end', async () => {
  const { under, hooks, opened, feed } = listening('a', 'b');
  await feed(100);
  opened[0]?.stream.fails('Connection rejected with status 401');
  await feed(100);
  expect(opened.map(({ provider }) => provider)).toEqual(['a', 'b']);
  opened[1]?.stream.fails('Connection rejected with status 401');
  await feed(100);
  expect(opened).toHaveLength(2);
  expect(hooks.onExhausted).toHaveBeenCalledOnce();
  under.stop();
});

test('a provider that stays down is given up after a few seconds', async () => {
  const { under, hooks, opened, feed } = listening('a');
  for (let time = 0; time < 200 && hooks.onExhausted.mock.calls.length === 0; time++) {
    await feed(100);
    opened.at(-1)?.stream.fails('503 busy');
  }
  expect(hooks.onExhausted).toHaveBeenCalledOnce();
  expect(opened.length).toBeGreaterThan(4);
  under.stop();
});
