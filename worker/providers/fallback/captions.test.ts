import { createTimedString, initializeLogger, tts } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { Chain } from './chain.ts';
import { FallbackTts } from './tts.ts';

initializeLogger({ pretty: false, level: 'silent' });

const rate = 24_000;
const reply = 'Good. Tell me what it is: opening hours, or prices?';

/** Sound of so many ms and the words that come with it; an error breaks it off. */
type Piece = { readonly ms: number; readonly words?: string } | Error;

class FakeTts extends tts.TTS {
  override label = 'fake';
  readonly #utterances: (readonly Piece[])[];

  constructor(alignedTranscript: boolean, utterances: readonly (readonly Piece[])[]) {
    super(rate, 1, { streaming: true, alignedTranscript });
    this.#utterances = [...utterances];
  }

  override synthesize(): tts.ChunkedStream {
    throw new Error('not asked for');
  }

  override stream(): tts.SynthesizeStream {
    return new FakeStream(this, this.#utterances.shift() ?? []);
  }
}

class FakeStream extends tts.SynthesizeStream {
  override label = 'fake';
  readonly #pieces: readonly Piece[];

  constructor(owner: tts.TTS, pieces: readonly Piece[]) {
    super(owner, { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 1_000 });
    this.#pieces = pieces;
  }

  protected override async run(): Promise<void> {
    for await (const _ of this.input);
    let at = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      if (piece instanceof Error) throw piece;
      const samples = (piece.ms * rate) / 1_000;
      this.queue.put({
        requestId: 'fake',
        segmentId: 'fake',
        frame: new AudioFrame(new Int16Array(samples), rate, 1, samples),
        final: index === this.#pieces.length - 1,
        ...(piece.words
          ? { timedTranscripts: [createTimedString({ text: piece.words, startTime: at / 1_000 })] }
          : {}),
      });
      at += piece.ms;
    }
  }
}

/** The words that go with the sound of the reply, as the framework joins them. */
async function transcriptOf(
  alignedTranscript: boolean,
  ...utterances: (readonly Piece[])[]
): Promise<string> {
  const plugin = new FakeTts(alignedTranscript, utterances);
  const hooks = { onFault: () => undefined, onSwitch: () => undefined, onExhausted: () => undefined };
  const chain = new Chain<tts.TTS>(
    'tts',
    [{ provider: 'fake', label: 'fake/voice', make: () => plugin }],
    hooks,
  );
  // What is said first is said by a voice that times its words, so that the framework counts on them.
  const voice = new FallbackTts(chain, { sampleRate: rate, filler: () => [] });
  Object.defineProperty(voice, 'capabilities', { value: { streaming: true, alignedTranscript: true } });
  const stream = voice.stream();
  stream.pushText(reply);
  stream.endInput();
  const words: string[] = [];
  for await (const sound of stream)
    if (sound !== tts.SynthesizeStream.END_OF_STREAM)
      for (const { text } of sound.timedTranscripts ?? []) words.push(text);
  return words.join('');
}

test('a voice that begins with a single word, and times it later, is not taken for one that times none', async () => {
  // As the ElevenLabs plugin does: it keeps the last word of each message until it knows the next.
  const pieces = [{ ms: 400 }, { ms: 100 }, { ms: 900, words: 'Good. ' }, { ms: 100, words: reply.slice(6) }];
  expect(await transcriptOf(true, pieces)).toBe(reply);
});

test('a voice that times no words gives the script, once', async () => {
  expect(await transcriptOf(false, [{ ms: 100 }, { ms: 100 }])).toBe(reply);
});

test('one that promised to and does not gives the script as well, also when it comes to it late', async () => {
  expect(await transcriptOf(true, [{ ms: 300 }])).toBe(reply);
  expect(await transcriptOf(true, [{ ms: 2_500 }, { ms: 500, words: reply }])).toBe(reply);
});

test('what is said again after a break is not written down again', async () => {
  const broken = [{ ms: 500 }, new Error('reset')];
  expect(await transcriptOf(false, broken, [{ ms: 500 }, { ms: 100 }])).toBe(reply);
  expect(await transcriptOf(true, broken, [{ ms: 400 }, { ms: 100, words: reply }])).toBe(reply);
});

test('after a break a voice that times its words goes on behind the last of them', async () => {
  const broken = [{ ms: 500, words: 'Good. Tell me ' }, new Error('reset')];
  expect(await transcriptOf(true, broken, [{ ms: 400, words: reply.slice(14) }])).toBe(reply);
});
