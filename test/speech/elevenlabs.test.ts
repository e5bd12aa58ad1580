import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeMp3 } from '../../speech/audio/mp3.ts';
import { mulawToFloat } from '../../speech/audio/mulaw.ts';
import { concatFloat, mixDown, pcm16ToFloat } from '../../speech/audio/pcm.ts';
import { resample } from '../../speech/audio/resample.ts';
import { transcribeFile } from '../../speech/listen/transcribe-file.ts';
import { startTestGateway, type TestGateway, words } from './speech-harness.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Spoken {
  contextId?: string;
  audio?: string;
  isFinal?: boolean | null;
  error?: string;
  alignment?: { chars: string[]; charStartTimesMs: number[]; charDurationsMs: number[] };
}

async function connect(query: string, path = 'multi-stream-input') {
  const socket = new WebSocket(`${gateway.ws}/v1/text-to-speech/joe/${path}?${query}`, {
    headers: { 'xi-api-key': 'x' },
  });
  const messages: Spoken[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const final = async (id: string): Promise<Spoken[]> => {
    for (let tries = 0; tries < 800; tries++) {
      if (messages.some((message) => message.contextId === id && message.isFinal === true)) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return messages.filter((message) => message.contextId === id);
  };
  const send = (message: object) => socket.send(JSON.stringify(message));
  return { socket, messages, closed, final, send };
}

const audioOf = (messages: readonly Spoken[]): Float32Array =>
  concatFloat(messages.flatMap(({ audio }) => (audio ? [pcm16ToFloat(Buffer.from(audio, 'base64'))] : [])));

async function understand(samples: Float32Array, sampleRate: number): Promise<string[]> {
  const audio = concatFloat([new Float32Array(sampleRate / 2), samples, new Float32Array(sampleRate)]);
  const { recognizer } = gateway.gateway;
  const { text } = await transcribeFile({
    recognizer,
    samples: audio,
    sampleRate,
    lane: 'check',
    signal: new AbortController().signal,
  });
  return words(text);
}

const text = 'Thank you for calling. How can I help you today?';

describe('the multi-context socket', () => {
  test('speaks what was written, says when each character is said, and ends with isFinal', async () => {
    const { send, final, socket } = await connect('output_format=pcm_22050&auto_mode=true');
    send({ text: ' ', voice_settings: {}, context_id: 'a' });
    send({ text: 'Thank you for calling. ', context_id: 'a', flush: true });
    send({ text: 'How can I help you today?', context_id: 'a', flush: true });
    send({ text: '', context_id: 'a', flush: true });
    send({ context_id: 'a', close_context: true });
    const messages = await final('a');
    const samples = audioOf(messages);
    expect(await understand(samples, 22_050)).toEqual(words(text));
    const chars = messages.flatMap((message) => message.alignment?.chars ?? []);
    const starts = messages.flatMap((message) => message.alignment?.charStartTimesMs ?? []);
    expect(chars.join('')).toBe(text);
    expect(starts).toEqual([...starts].sort((x, y) => x - y));
    const [last] = messages.flatMap((message) => message.alignment ?? []).slice(-1);
    const endMs = (last?.charStartTimesMs.at(-1) ?? 0) + (last?.charDurationsMs.at(-1) ?? 0);
    expect(Math.abs(endMs - (samples.length / 22_050) * 1_000)).toBeLessThan(30);
    expect(messages.at(-1)).toEqual({ contextId: 'a', isFinal: true });
    socket.close();
  });

  test('the first sound is a clause, not the whole reply', async () => {
    const { send, final, socket } = await connect('output_format=pcm_16000&auto_mode=true');
    send({
      text: 'We are open Monday to Friday from nine to six, and on Saturday from ten to two. ',
      context_id: 'a',
      flush: true,
    });
    send({ context_id: 'a', close_context: true });
    const chunks = (await final('a')).filter((message) => message.audio);
    expect(chunks.length).toBeGreaterThanOrEqual(2);
    expect(chunks[0]?.alignment?.chars.join('')).toBe('We are open Monday to Friday ');
    socket.close();
  });

  test('two contexts at once stay apart, and a late flush for a dead one is ignored', async () => {
    const { send, final, socket, messages } = await connect('output_format=pcm_8000&auto_mode=true');
    send({ text: 'What are your opening hours? ', context_id: 'a', flush: true });
    send({ text: 'My name is Maria Lopez. ', context_id: 'b', flush: true });
    send({ context_id: 'a', close_context: true });
    send({ text: '', context_id: 'a', flush: true });
    send({ context_id: 'b', close_context: true });
    const [a, b] = [await final('a'), await final('b')];
    expect(await understand(audioOf(a), 8_000)).toEqual(words('What are your opening hours?'));
    expect(await understand(audioOf(b), 8_000)).toEqual(words('My name is Maria Lopez.'));
    send({ text: '', context_id: 'a', flush: true });
    send({ text: 'Hello. ', context_id: 'c', flush: true });
    send({ context_id: 'c', close_context: true });
    await final('c');
    expect(messages.filter((message) => message.error)).toEqual([]);
    expect(messages.filter((message) => message.contextId === 'a' && message.isFinal === true)).toHaveLength(
      1,
    );
    socket.close();
  });

  test('text that comes a letter at a time is spoken sentence by sentence without a flush', async () => {
    const { send, messages, socket } = await connect('output_format=pcm_8000');
    for (const letter of 'How are you? I am') send({ text: letter, context_id: 'a' });
    for (let tries = 0; tries < 400 && messages.length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect(messages[0]?.alignment?.chars.join('')).toBe('How are you? ');
    socket.close();
  });

  test('stream-input, the single form, ends with isFinal and closes', async () => {
    const { send, messages, closed } = await connect('output_format=pcm_16000', 'stream-input');
    send({ text: ' ' });
    send({ text: 'Hello there. ' });
    send({ text: '' });
    expect(await closed).toBe(1000);
    expect(messages.at(-1)).toEqual({ isFinal: true });
    expect(await understand(audioOf(messages), 16_000)).toEqual(['hello', 'there']);
  });

  test('garbage gets an error and 1008, silence beyond the inactivity timeout too', async () => {
    const broken = await connect('output_format=pcm_16000');
    broken.socket.send(Buffer.from([0, 255, 3]));
    expect(await broken.closed).toBe(1008);
    expect(broken.messages[0]).toMatchObject({ error: 'invalid_message' });
    const idle = await connect('output_format=pcm_16000&inactivity_timeout=1');
    expect(await idle.closed).toBe(1008);
    expect(idle.messages[0]).toMatchObject({ error: 'input_timeout_exceeded' });
  });

  test('a giant text is refused, not spoken', async () => {
    const { send, closed, messages } = await connect('output_format=pcm_16000');
    send({ text: 'word '.repeat(20_000), context_id: 'a' });
    expect(await closed).toBe(1008);
    expect(messages[0]).toMatchObject({ error: 'text_too_long' });
  });
});

describe("the vendor's SDK", () => {
  const client = () =>
    new ElevenLabsClient({ apiKey: 'any', environment: gateway.http, baseUrl: gateway.http });

  test.each([
    ['pcm_8000', 8_000],
    ['pcm_24000', 24_000],
    ['pcm_44100', 44_100],
    ['ulaw_8000', 8_000],
  ] as const)('streams %s that says the text', async (outputFormat, rate) => {
    const stream = await client().textToSpeech.stream('joe', {
      text,
      outputFormat,
      modelId: 'eleven_turbo_v2_5',
    });
    const parts: Uint8Array[] = [];
    for await (const part of stream) parts.push(part);
    const bytes = Buffer.concat(parts);
    const samples = outputFormat === 'ulaw_8000' ? mulawToFloat(bytes) : pcm16ToFloat(bytes);
    expect(await understand(resample(samples, rate, 16_000), 16_000)).toEqual(words(text));
  });

  test("MP3, the vendor's default, says the text, also in pieces over the socket", async () => {
    const stream = await client().textToSpeech.stream('joe', { text });
    const parts: Uint8Array[] = [];
    for await (const part of stream) parts.push(part);
    const { send, final, socket } = await connect('output_format=mp3_22050_32&auto_mode=true');
    send({ text: `${text} `, context_id: 'a', flush: true });
    send({ context_id: 'a', close_context: true });
    const pieces = (await final('a')).flatMap(({ audio }) => (audio ? [Buffer.from(audio, 'base64')] : []));
    socket.close();
    for (const file of [Buffer.concat(parts), Buffer.concat(pieces)]) {
      const decoded = await decodeMp3(file, 60_000);
      if (!decoded) throw new Error('It lasts too long.');
      const { sampleRate } = decoded;
      const samples = mixDown(decoded.samples, decoded.channels);
      expect(await understand(resample(samples, sampleRate, 16_000), 16_000)).toEqual(words(text));
    }
  });

  test('lists the voice', async () => {
    const { voices } = await client().voices.getAll();
    expect(voices.map((voice) => voice.voiceId)).toEqual(['joe']);
  });

  test("gets the vendor's error for Opus, an empty text and a broken body", async () => {
    await expect(
      client().textToSpeech.stream('joe', { text, outputFormat: 'opus_48000_64' }),
    ).rejects.toMatchObject({
      statusCode: 400,
      body: { detail: { status: 'invalid_output_format' } },
    });
    await expect(
      client().textToSpeech.stream('joe', { text: ' ', outputFormat: 'pcm_16000' }),
    ).rejects.toMatchObject({
      statusCode: 400,
    });
    const broken = await fetch(`${gateway.http}/v1/text-to-speech/joe/stream?output_format=pcm_16000`, {
      method: 'POST',
      body: '{',
    });
    expect([broken.status, await broken.json()]).toEqual([
      400,
      { detail: { status: 'invalid_request', message: expect.any(String) } },
    ]);
  });
});
