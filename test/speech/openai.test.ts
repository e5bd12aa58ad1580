import fc from 'fast-check';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatFloat, floatToPcm16, pcm16ToFloat } from '../../speech/audio/pcm.ts';
import { wavHeader } from '../../speech/audio/wav.ts';
import { serve, spoken, startTestGateway, type TestGateway, words } from './speech-harness.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const client = (at: TestGateway = gateway) =>
  new OpenAI({ apiKey: 'any', baseURL: `${at.http}/v1`, maxRetries: 0 });

const bookAppointment = {
  type: 'function' as const,
  function: {
    name: 'book_appointment',
    parameters: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        date: { type: 'string', format: 'date' },
        time: { type: 'string' },
      },
    },
  },
};
const model = 'scripted/receptionist';
const user = (content: string) => ({ role: 'user' as const, content });

describe('chat', () => {
  test('answers, with usage', async () => {
    const answer = await client().chat.completions.create({
      model,
      messages: [user('What are your opening hours?')],
    });
    expect(answer.choices[0]?.message.content).toContain('Monday to Friday');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
  });

  test('streams word by word, usage last and only when asked', async () => {
    const ask = async (include_usage: boolean) => {
      const stream = await client().chat.completions.create({
        model,
        messages: [user('How much is a cleaning?')],
        stream: true,
        stream_options: { include_usage },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };
    const chunks = await ask(true);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toContain('A cleaning is'.toLowerCase().slice(2));
    expect(chunks.length).toBeGreaterThan(10);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
    expect((await ask(false)).every((chunk) => !chunk.usage)).toBe(true);
  });

  test('a whole booking by the stream helper: the tool call comes whole, its result is spoken', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [];
    let last: OpenAI.ChatCompletionMessage | undefined;
    for (const text of ['Book an appointment, please.', 'Maria Lopez', 'tomorrow', 'at ten', 'no', 'yes']) {
      messages.push(user(text));
      const stream = client().chat.completions.stream({ model, messages, tools: [bookAppointment] });
      last = await stream.finalMessage();
      messages.push(last);
    }
    const [call] = last?.tool_calls ?? [];
    if (call?.type !== 'function') throw new Error('no tool call');
    expect(call.function.name).toBe('book_appointment');
    const args = JSON.parse(call.function.arguments) as Record<string, string>;
    expect(args).toMatchObject({
      name: 'Maria Lopez',
      time: '10 AM',
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    messages.push({ role: 'tool', tool_call_id: call.id, content: '{"ok":true}' });
    const done = await client().chat.completions.create({ model, messages, tools: [bookAppointment] });
    expect(done.choices[0]?.message.content).toContain('You are booked: Maria Lopez');
  });

  test('any other model name is the assistant that says what it is', async () => {
    const answer = await client().chat.completions.create({
      model: 'gpt-4.1-mini',
      messages: [user('Explain gravity.')],
    });
    expect(answer.choices[0]?.message.content).toContain('scripted assistant');
    expect(answer.model).toBe('gpt-4.1-mini');
  });

  test.each([
    [{ model }, 400, 'messages'],
    [{ model, messages: [] }, 400, 'messages'],
    [{ model, messages: [{ role: 'alien', content: 'x' }] }, 400, 'messages[0].role'],
    [
      { model, messages: [user('x')], tool_choice: { type: 'function', function: { name: 'nope' } } },
      400,
      'tool_choice',
    ],
    [{ model: 'scripted/nope', messages: [user('x')] }, 404, 'model'],
  ])("refuses a wrong request in the vendor's shape", async (body, status, param) => {
    const response = await fetch(`${gateway.http}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param, code: expect.any(String) },
    });
  });

  test('whatever is sent, the answer is JSON and never a 500', async () => {
    const path = `${gateway.http}/v1/chat/completions`;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        const response = await fetch(path, { method: 'POST', body });
        expect(response.status).toBe(400);
        expect(await response.json()).toHaveProperty('error.message');
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 1, maxLength: 6 }),
        async (texts) => {
          const answer = await client().chat.completions.create({ model, messages: texts.map(user) });
          expect(answer.choices[0]?.message.content).toBeTypeOf('string');
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a giant body is refused with 413', async () => {
    const messages = [user('x'.repeat(3_000_000))];
    await expect(client().chat.completions.create({ model, messages })).rejects.toMatchObject({
      status: 413,
    });
  });
});

describe('speech', () => {
  const input = 'What are your opening hours?';

  test('PCM at 24 kHz, filled up to whole frames, says the text; transcriptions reads it back', async () => {
    const speech = await client().audio.speech.create({
      model: 'tts-1',
      voice: 'alloy',
      input,
      response_format: 'pcm',
    });
    const bytes = Buffer.from(await speech.arrayBuffer());
    expect(bytes.length % 4_800).toBe(0);
    const padded = floatToPcm16(
      concatFloat([new Float32Array(12_000), pcm16ToFloat(bytes), new Float32Array(24_000)]),
    );
    const file = await toFile(Buffer.concat([wavHeader(24_000, padded.length), padded]), 'audio.wav');
    const { text } = await client().audio.transcriptions.create({ file, model: 'whisper-1' });
    expect(words(text)).toEqual(words(input));
  });

  test('WAV has a header', async () => {
    const speech = await client().audio.speech.create({
      model: 'tts-1',
      voice: 'alloy',
      input,
      response_format: 'wav',
    });
    const bytes = Buffer.from(await speech.arrayBuffer());
    expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
    expect(bytes.readUInt32LE(24)).toBe(24_000);
  });

  test('MP3, the default, says the text; transcriptions reads the very file', async () => {
    const speech = await client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input });
    expect(speech.headers.get('content-type')).toBe('audio/mpeg');
    const file = await toFile(Buffer.from(await speech.arrayBuffer()), 'speech.mp3');
    const { text } = await client().audio.transcriptions.create({ file, model: 'whisper-1' });
    expect(words(text)).toEqual(words(input));
  });

  test.each([
    [{ response_format: 'flac' as const }, 'mp3, pcm and wav, not flac'],
    [{ response_format: 'pcm' as const, input: ' ' }, 'empty'],
    [{ response_format: 'pcm' as const, input: 'a'.repeat(5_000) }, '4096'],
  ])('refuses %o with 400', async (over, why) => {
    await expect(
      client().audio.speech.create({ model: 'tts-1', voice: 'alloy', input, ...over }),
    ).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(why),
    });
  });
});

describe('transcriptions', () => {
  const upload = async () => {
    const pcm = floatToPcm16(await spoken(gateway.gateway, 'My name is Maria Lopez.', 8_000));
    return toFile(Buffer.concat([wavHeader(8_000, pcm.length), pcm]), 'audio.wav');
  };

  test('text and verbose_json with words', async () => {
    const text = await client().audio.transcriptions.create({
      file: await upload(),
      model: 'whisper-1',
      response_format: 'text',
    });
    expect(words(String(text))).toEqual(words('My name is Maria Lopez.'));
    const verbose = await client().audio.transcriptions.create({
      file: await upload(),
      model: 'whisper-1',
      response_format: 'verbose_json',
      timestamp_granularities: ['word'],
    });
    expect(verbose.words?.map(({ word }) => word.toLowerCase())[0]).toBe('my');
    expect(verbose.segments?.length).toBe(1);
  });

  test('a file that is no WAV, a missing file, another language: 400', async () => {
    const bad = toFile(Buffer.from('ID3 and then nothing of the kind'), 'a.mp3');
    await expect(
      client().audio.transcriptions.create({ file: await bad, model: 'whisper-1' }),
    ).rejects.toMatchObject({ status: 400, code: 'unsupported_audio' });
    await expect(
      client().audio.transcriptions.create({ file: await upload(), model: 'whisper-1', language: 'de' }),
    ).rejects.toMatchObject({ status: 400, param: 'language' });
    const form = new FormData();
    form.set('model', 'whisper-1');
    const response = await fetch(`${gateway.http}/v1/audio/transcriptions`, { method: 'POST', body: form });
    expect([response.status, ((await response.json()) as { error: { param: string } }).error.param]).toEqual([
      400,
      'file',
    ]);
  });
});

describe('the rest', () => {
  test('models are listed and found, embeddings are honestly refused', async () => {
    const ids: string[] = [];
    for await (const { id } of client().models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['scripted/receptionist', 'scripted/assistant']));
    expect(await client().models.retrieve('scripted/assistant')).toMatchObject({
      id: 'scripted/assistant',
      object: 'model',
    });
    await expect(client().models.retrieve('nope')).rejects.toMatchObject({ status: 404 });
    await expect(client().embeddings.create({ model: 'x', input: 'y' })).rejects.toMatchObject({
      status: 501,
      code: 'not_implemented',
    });
  });

  test('health, unknown paths and wrong methods', async () => {
    const get = async (path: string) => {
      const response = await fetch(`${gateway.http}${path}`);
      return [response.status, await response.json()];
    };
    expect(await get('/health')).toEqual([200, { status: 'ok', engines: expect.any(Object), streams: 0 }]);
    expect(await get('/v1/nothing')).toEqual([
      404,
      { error: expect.objectContaining({ code: 'not_found' }) },
    ]);
    expect(await get('/v1/chat/completions')).toEqual([
      405,
      { error: expect.objectContaining({ code: 'method_not_allowed' }) },
    ]);
    expect(await get('/v1/listen')).toEqual([
      405,
      expect.objectContaining({ err_code: 'METHOD_NOT_ALLOWED' }),
    ]);
    expect(await get('/v1/text-to-speech/joe')).toEqual([
      405,
      { detail: expect.objectContaining({ status: 'method_not_allowed' }) },
    ]);
  });

  test('more heavy requests than allowed are refused with 429', async () => {
    await using small = await serve(gateway.gateway, { heavyRequests: 1 });
    const ask = (input: string) =>
      client(small).audio.speech.create({ model: 'tts-1', voice: 'alloy', input, response_format: 'pcm' });
    const results = await Promise.allSettled([
      ask('One sentence that was never said before.'),
      ask('And here is another one.'),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { status: 429 } });
  });
});
