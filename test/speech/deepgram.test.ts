import { DeepgramClient } from '@deepgram/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { floatToMulaw } from '../../speech/audio/mulaw.ts';
import { floatToPcm16 } from '../../speech/audio/pcm.ts';
import { wavHeader } from '../../speech/audio/wav.ts';
import { serve, spoken, startTestGateway, type TestGateway, words } from './speech-harness.ts';

interface Result {
  type: string;
  is_final?: boolean;
  speech_final?: boolean;
  from_finalize?: boolean;
  start?: number;
  duration?: number;
  last_word_end?: number;
  channel?: { alternatives: { transcript: string; words: { word: string; start: number; end: number }[] }[] };
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const sentence = 'I would like to book an appointment for next Tuesday, please.';
const transcriptOf = (results: readonly Result[]): string =>
  results
    .filter((result) => result.is_final)
    .map((result) => result.channel?.alternatives[0]?.transcript ?? '')
    .join(' ');

interface Listening {
  readonly messages: Result[];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
}

function listen(query: string, at: TestGateway = gateway): Promise<Listening> {
  const socket = new WebSocket(`${at.ws}/v1/listen?${query}`, { headers: { authorization: 'Token x' } });
  const messages: Result[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ messages, socket, closed }));
    socket.once('error', reject);
  });
}

async function sendAll(socket: WebSocket, bytes: Buffer, chunkBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    socket.send(bytes.subarray(at, at + chunkBytes));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function until(messages: readonly Result[], found: (message: Result) => boolean): Promise<Result> {
  for (let tries = 0; tries < 400; tries++) {
    const message = messages.find(found);
    if (message) return message;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Not among ${JSON.stringify(messages.map(({ type }) => type))}`);
}

describe('the live socket', () => {
  test.each([
    ['linear16', 16_000, 3_200],
    ['linear16', 44_100, 3_333],
    ['mulaw', 8_000, 160],
  ] as const)(
    'hears every word in %s at %i Hz, however the frames are cut',
    async (encoding, rate, chunkBytes) => {
      const audio = await spoken(gateway.gateway, sentence, rate);
      const { socket, messages, closed } = await listen(
        `encoding=${encoding}&sample_rate=${rate}&punctuate=true&interim_results=true`,
      );
      await sendAll(socket, encoding === 'mulaw' ? floatToMulaw(audio) : floatToPcm16(audio), chunkBytes);
      socket.send(JSON.stringify({ type: 'CloseStream' }));
      expect((await closed).code).toBe(1000);
      expect(words(transcriptOf(messages))).toEqual(words(sentence));
      expect(messages.at(-1)).toMatchObject({ type: 'Metadata', channels: 1 });
    },
  );

  test('in real time: SpeechStarted, interim results, then one final with speech_final, then UtteranceEnd', async () => {
    const audio = floatToPcm16(await spoken(gateway.gateway, sentence, 16_000, 300));
    const { socket, messages, closed } = await listen(
      'encoding=linear16&sample_rate=16000&punctuate=true&interim_results=true&vad_events=true&utterance_end_ms=1000&endpointing=25',
    );
    // The client goes silent without a word, as LiveKit's plugin does.
    for (let at = 0; at < audio.length; at += 3_200) {
      socket.send(audio.subarray(at, at + 3_200));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const end = await until(messages, ({ type }) => type === 'UtteranceEnd');
    const results = messages.filter(({ type }) => type === 'Results');
    const final = results.find((result) => result.is_final);
    expect(messages[0]).toMatchObject({ type: 'SpeechStarted' });
    expect(results.slice(0, 2).every((result) => !result.is_final)).toBe(true);
    expect(final).toMatchObject({ speech_final: true, from_finalize: false });
    expect(words(transcriptOf(results))).toEqual(words(sentence));
    const timed = final?.channel?.alternatives[0]?.words ?? [];
    for (const [index, word] of timed.entries()) {
      expect(word.end).toBeGreaterThanOrEqual(word.start);
      expect(word.start).toBeGreaterThanOrEqual(timed[index - 1]?.start ?? 0);
    }
    expect(end.last_word_end).toBeCloseTo(timed.at(-1)?.end ?? 0, 0);
    socket.send(JSON.stringify({ type: 'CloseStream' }));
    expect((await closed).code).toBe(1000);
  });

  test('Finalize gives the text at once, and an empty result when nothing was said', async () => {
    const audio = floatToPcm16(await spoken(gateway.gateway, 'Three in the afternoon.', 16_000, 0));
    const { socket, messages, closed } = await listen('encoding=linear16&sample_rate=16000&endpointing=5000');
    socket.send(audio);
    socket.send(JSON.stringify({ type: 'Finalize' }));
    const first = await until(messages, (message) => message.from_finalize === true);
    expect(words(first.channel?.alternatives[0]?.transcript ?? '').slice(-3)).toEqual([
      'in',
      'the',
      'afternoon',
    ]);
    socket.send(JSON.stringify({ type: 'Finalize' }));
    await until(messages, (message) => message.channel?.alternatives[0]?.transcript === '');
    socket.send(JSON.stringify({ type: 'KeepAlive' }));
    socket.close();
    expect((await closed).code).toBe(1005);
  });

  test('silence and faint noise give no words', async () => {
    const { socket, messages, closed } = await listen(
      'encoding=linear16&sample_rate=16000&interim_results=true',
    );
    const noise = Float32Array.from({ length: 48_000 }, (_, i) => 0.002 * Math.sin(i * i));
    socket.send(floatToPcm16(noise));
    socket.send(JSON.stringify({ type: 'CloseStream' }));
    await closed;
    expect(messages.map(({ type }) => type)).toEqual(['Metadata']);
  });

  test('twenty seconds without a pause are transcribed in pieces the decoder can take', async () => {
    const lines = [
      'We are open from Monday to Friday.',
      'The office is next to the lighthouse.',
      'Parking behind the building is free.',
    ];
    const parts: Float32Array[] = [];
    for (const line of [...lines, ...lines, ...lines]) {
      const audio = await spoken(gateway.gateway, line, 16_000, 0);
      parts.push(audio.slice(6_400, audio.length - 3_500));
    }
    const { socket, messages, closed } = await listen('encoding=linear16&sample_rate=16000');
    for (const part of parts) await sendAll(socket, floatToPcm16(part), 3_200);
    socket.send(JSON.stringify({ type: 'CloseStream' }));
    await closed;
    const heard = words(transcriptOf(messages));
    expect(heard.filter((word) => word === 'lighthouse').length).toBeGreaterThanOrEqual(2);
    // Not the first word of a line: that one stands on the splice, where half a syllable may be missing.
    expect(heard.filter((word) => word === 'building').length).toBeGreaterThanOrEqual(2);
    expect(heard.length).toBeGreaterThan(45);
  });

  test('three callers at once are each heard word for word', async () => {
    const sentences = [
      'My name is Maria Lopez.',
      'What are your opening hours?',
      'Can I speak to a person, please?',
    ];
    const heard = await Promise.all(
      sentences.map(async (text) => {
        const audio = floatToPcm16(await spoken(gateway.gateway, text, 16_000));
        const { socket, messages, closed } = await listen('encoding=linear16&sample_rate=16000');
        await sendAll(socket, audio, 3_200);
        socket.send(JSON.stringify({ type: 'CloseStream' }));
        await closed;
        return words(transcriptOf(messages));
      }),
    );
    expect(heard).toEqual(sentences.map(words));
  });

  test('text that is no command closes with 1008, binary garbage does not hurt', async () => {
    const { socket, closed } = await listen('encoding=linear16&sample_rate=16000');
    socket.send(Buffer.from([1, 2, 3, 255, 0, 127, 9]));
    socket.send('{"type":');
    expect(await closed).toMatchObject({ code: 1008, reason: expect.stringContaining('DATA-0000') });
  });

  test.each([
    ['encoding=opus', 'encoding'],
    ['sample_rate=abc', 'sample_rate'],
    ['channels=2', 'one channel'],
    ['language=de', 'English'],
  ])('refuses the upgrade for %s with 400 and says why', async (query, why) => {
    const socket = new WebSocket(`${gateway.ws}/v1/listen?${query}`);
    const [status, body] = await new Promise<[number | undefined, string]>((resolve) =>
      socket.on('unexpected-response', (_request, response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve([response.statusCode, text]));
      }),
    );
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      err_code: 'INVALID_REQUEST',
      err_msg: expect.stringContaining(why),
    });
  });

  test('one stream more than allowed is refused with 429, and a free place is given again', async () => {
    await using small = await serve(gateway.gateway, { streams: 1 });
    const first = await listen('encoding=linear16&sample_rate=16000', small);
    await expect(listen('encoding=linear16&sample_rate=16000', small)).rejects.toThrow('429');
    first.socket.close();
    await first.closed;
    const second = await listen('encoding=linear16&sample_rate=16000', small);
    second.socket.close();
  });
});

describe("the vendor's SDK", () => {
  const client = () =>
    new DeepgramClient({
      apiKey: 'any',
      environment: { base: gateway.http, production: gateway.ws, agent: gateway.ws, agentRest: gateway.http },
    });

  const wav = async (text: string, rate = 8_000): Promise<Buffer> => {
    const pcm = floatToPcm16(await spoken(gateway.gateway, text, rate));
    return Buffer.concat([wavHeader(rate, pcm.length), pcm]);
  };

  test('transcribes a file', async () => {
    const response = await client().listen.v1.media.transcribeFile(await wav(sentence), {
      model: 'nova-3',
      punctuate: true,
      utterances: true,
    });
    if (!('results' in response)) throw new Error('no results');
    const [channel] = response.results.channels;
    expect(words(channel?.alternatives?.[0]?.transcript ?? '')).toEqual(words(sentence));
    expect(response.metadata.duration).toBeGreaterThan(2);
    expect(response.results.utterances?.length).toBeGreaterThanOrEqual(1);
  });

  test('streams live', async () => {
    const connection = await client().listen.v1.connect({
      model: 'nova-3',
      encoding: 'linear16',
      sample_rate: 16_000,
      interim_results: 'true',
      punctuate: 'true',
      Authorization: 'Token any',
    });
    const results: Result[] = [];
    const done = new Promise<void>((resolve) =>
      connection.on('message', (message) => {
        results.push(message as Result);
        if (message.type === 'Metadata') resolve();
      }),
    );
    connection.connect();
    await connection.waitForOpen();
    const audio = floatToPcm16(await spoken(gateway.gateway, sentence, 16_000));
    for (let at = 0; at < audio.length; at += 3_200) connection.sendMedia(audio.subarray(at, at + 3_200));
    connection.sendCloseStream({ type: 'CloseStream' });
    await done;
    connection.close();
    expect(words(transcriptOf(results))).toEqual(words(sentence));
  });

  test("gets the vendor's error for a file that is no audio", async () => {
    await expect(
      client().listen.v1.media.transcribeFile(Buffer.from('not audio'), { model: 'nova-3' }),
    ).rejects.toMatchObject({ statusCode: 400, body: { err_code: 'UNSUPPORTED_AUDIO' } });
  });
});

test('two channels of a recording are transcribed apart', async () => {
  const [left, right] = await Promise.all(
    ['What are your opening hours?', 'My name is Maria Lopez.'].map((text) =>
      spoken(gateway.gateway, text, 8_000),
    ),
  );
  const length = Math.max(left?.length ?? 0, right?.length ?? 0);
  const both = new Float32Array(length * 2);
  for (let i = 0; i < length; i++) {
    both[i * 2] = left?.[i] ?? 0;
    both[i * 2 + 1] = right?.[i] ?? 0;
  }
  const response = await fetch(
    `${gateway.http}/v1/listen?multichannel=true&channels=2&encoding=mulaw&sample_rate=8000`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(floatToMulaw(both)),
    },
  );
  const { results } = (await response.json()) as { results: { channels: Required<Result>['channel'][] } };
  expect(results.channels.map((channel) => words(channel.alternatives[0]?.transcript ?? ''))).toEqual([
    words('What are your opening hours?'),
    words('My name is Maria Lopez.'),
  ]);
});

test('a web page from elsewhere is refused', async () => {
  const response = await fetch(`${gateway.http}/v1/listen`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
    body: 'x',
  });
  expect(response.status).toBe(403);
});
