import { initializeLogger, llm, stt, type tts } from '@livekit/agents';
import { STT } from '@livekit/agents-plugin-deepgram';
import { TTS as ElevenTTS } from '@livekit/agents-plugin-elevenlabs';
import { LLM, STT as OpenaiSTT, TTS as OpenaiTTS } from '@livekit/agents-plugin-openai';
import { AudioFrame } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentDefinition } from '../../core/agents/definition.ts';
import { readEnv } from '../../platform/config.ts';
import { waitFor } from '../../platform/retry.ts';
import { concatFloat, floatToPcm16, pcm16ToFloat } from '../../speech/audio/pcm.ts';
import { resample } from '../../speech/audio/resample.ts';
import { transcribeFile } from '../../speech/listen/transcribe-file.ts';
import { GatewayStt } from '../../worker/providers/gateway-stt.ts';
import { makeTts, voiceSampleRate } from '../../worker/providers/tts.ts';
import { spoken, startTestGateway, type TestGateway, words } from './speech-harness.ts';

let gateway: TestGateway;
beforeAll(async () => {
  initializeLogger({ pretty: false, level: 'warn' });
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const sentence = 'I would like to book an appointment for next Tuesday, please.';

const frames = (samples: Float32Array, rate: number): AudioFrame[] => {
  const pcm = floatToPcm16(samples);
  const all = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  const size = rate / 100;
  return Array.from(
    { length: Math.floor(all.length / size) },
    (_, i) => new AudioFrame(all.slice(i * size, (i + 1) * size), rate, 1, size),
  );
};

async function understand(samples: Float32Array, rate: number): Promise<string[]> {
  const audio = concatFloat([new Float32Array(rate / 2), samples, new Float32Array(rate)]);
  const { text } = await transcribeFile({
    recognizer: gateway.gateway.recognizer,
    samples: resample(audio, rate, 16_000),
    sampleRate: 16_000,
    lane: 'check',
    signal: new AbortController().signal,
  });
  return words(text);
}

test('the Deepgram plugin hears a caller of the phone: start, interim, final, end', async () => {
  const plugin = new STT({ apiKey: 'any', baseUrl: gateway.ws });
  const stream = plugin.stream();
  const events: stt.SpeechEvent[] = [];
  const listening = (async () => {
    for await (const event of stream) events.push(event);
  })();
  for (const frame of frames(await spoken(gateway.gateway, sentence, 16_000, 600), 16_000)) {
    stream.pushFrame(frame);
    await new Promise((resolve) => setTimeout(resolve, 9));
  }
  const ended = async () => {
    while (!events.some(({ type }) => type === stt.SpeechEventType.END_OF_SPEECH))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await ended();
  stream.endInput();
  await listening;
  const types = events.map(({ type }) => type);
  expect(types[0]).toBe(stt.SpeechEventType.START_OF_SPEECH);
  expect(types.indexOf(stt.SpeechEventType.INTERIM_TRANSCRIPT)).toBeLessThan(
    types.indexOf(stt.SpeechEventType.FINAL_TRANSCRIPT),
  );
  const finals = events.filter(({ type }) => type === stt.SpeechEventType.FINAL_TRANSCRIPT);
  expect(words(finals.map((event) => event.alternatives?.[0]?.text ?? '').join(' '))).toEqual(
    words(sentence),
  );
});

test('our own client hears the same, counts what it sent, and asks for the rest of it', async () => {
  const options = { baseUrl: gateway.ws, model: 'nova-3', language: 'en', endpointingMs: 2_000 };
  const stream = new GatewayStt(options).stream();
  const events: stt.SpeechEvent[] = [];
  const listening = (async () => {
    for await (const event of stream) events.push(event);
  })();
  const caller = frames(await spoken(gateway.gateway, sentence, 16_000, 100), 16_000);
  for (const frame of caller) {
    stream.pushFrame(frame);
    await new Promise((resolve) => setTimeout(resolve, 9));
  }
  const of = (type: stt.SpeechEventType) => events.filter((event) => event.type === type);
  expect(of(stt.SpeechEventType.INTERIM_TRANSCRIPT).length).toBeGreaterThan(0);
  expect(of(stt.SpeechEventType.FINAL_TRANSCRIPT)).toEqual([]);
  stream.flush();
  await waitFor('the final transcript', () => of(stt.SpeechEventType.FINAL_TRANSCRIPT).length > 0);
  stream.endInput();
  await listening;
  const finals = of(stt.SpeechEventType.FINAL_TRANSCRIPT);
  expect(words(finals.map(({ alternatives }) => alternatives?.[0]?.text ?? '').join(' '))).toEqual(
    words(sentence),
  );
  const seconds = of(stt.SpeechEventType.RECOGNITION_USAGE).map(
    ({ recognitionUsage }) => recognitionUsage?.audioDuration ?? 0,
  );
  expect(seconds.reduce((sum, more) => sum + more, 0)).toBeCloseTo(caller.length / 100, 2);
});

test('our own client says why it was refused', async () => {
  const baseUrl = gateway.ws.replace(/:\d+/, ':9');
  const client = new GatewayStt({ baseUrl, model: 'nova-3', language: 'en', endpointingMs: 160 });
  const errors: string[] = [];
  client.on('error', ({ error }) => errors.push(String(error)));
  const stream = client.stream({ connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 5_000 } });
  await expect(
    (async () => {
      for await (const event of stream) throw new Error(`heard ${event.type}`);
    })(),
  ).resolves.toBeUndefined();
  expect(errors.join()).toContain('ECONNREFUSED');
});

const speech = async (stream: AsyncIterable<tts.SynthesizedAudio | symbol>): Promise<Float32Array> => {
  const parts: Float32Array[] = [];
  for await (const audio of stream) {
    if (typeof audio === 'symbol') break;
    const { data } = audio.frame;
    parts.push(pcm16ToFloat(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  }
  return concatFloat(parts);
};

test('the ElevenLabs plugin speaks, and reuses its socket for the next turn', async () => {
  const plugin = new ElevenTTS({ apiKey: 'any', baseURL: `${gateway.http}/v1`, encoding: 'pcm_22050' });
  for (const text of ['Thank you for calling. How can I help you?', 'We are open from nine to six.']) {
    const stream = plugin.stream();
    stream.pushText(text);
    stream.endInput();
    expect((await understand(await speech(stream), 22_050)).slice(0, 3)).toEqual(words(text).slice(0, 3));
  }
  await plugin.close();
});

test('a voice speaks as fast as the agent’s settings say, through either plugin', async () => {
  const { tts } = agentDefinition.parse({});
  const seconds = async (provider: string, speed: number): Promise<number> => {
    const choice = { ...tts, provider, model: 'default' };
    const settings = { ...tts.settings, speed };
    const plugin = makeTts(readEnv({ SPEECH_URL: gateway.http }), choice, { language: 'en', settings });
    const stream = plugin.synthesize(sentence) as AsyncIterable<tts.SynthesizedAudio>;
    const { length } = await speech(stream);
    await plugin.close();
    return length / voiceSampleRate;
  };
  for (const provider of ['elevenlabs', 'openai'])
    expect(await seconds(provider, 1.4)).toBeLessThan(0.85 * (await seconds(provider, 1)));
});

test('the OpenAI speech plugin gets the whole sentence, its end included', async () => {
  const plugin = new OpenaiTTS({ apiKey: 'any', baseURL: `${gateway.http}/v1` });
  const samples = await speech(
    plugin.synthesize('What are your opening hours?') as AsyncIterable<tts.SynthesizedAudio>,
  );
  expect(samples.length % 2_400).toBe(0);
  expect(await understand(samples, 24_000)).toEqual(words('What are your opening hours?'));
});

test('the OpenAI transcription plugin hears a recording', async () => {
  const plugin = new OpenaiSTT({ apiKey: 'any', baseURL: `${gateway.http}/v1`, useRealtime: false });
  const event = await plugin.recognize(frames(await spoken(gateway.gateway, sentence, 24_000), 24_000));
  expect(words(event.alternatives?.[0]?.text ?? '')).toEqual(words(sentence));
});

test('the OpenAI model plugin streams a reply with usage, and calls a tool', async () => {
  const model = new LLM({ apiKey: 'any', baseURL: `${gateway.http}/v1`, model: 'scripted/receptionist' });
  const ask = async (text: string, toolCtx?: llm.ToolContext) => {
    const chatCtx = new llm.ChatContext();
    chatCtx.addMessage({ role: 'system', content: 'You are a receptionist.' });
    chatCtx.addMessage({ role: 'user', content: text });
    const chunks: llm.ChatChunk[] = [];
    for await (const chunk of model.chat({ chatCtx, ...(toolCtx ? { toolCtx } : {}) })) chunks.push(chunk);
    return chunks;
  };
  const hours = await ask('When are you open?');
  expect(hours.map((chunk) => chunk.delta?.content ?? '').join('')).toContain('Monday to Friday');
  expect(hours.some((chunk) => (chunk.usage?.completionTokens ?? 0) > 0)).toBe(true);
  const end_call = llm.tool({ description: 'Ends the call.', execute: async () => 'ok' });
  const bye = await ask('Okay, goodbye.', new llm.ToolContext({ end_call } as never));
  expect(bye.flatMap((chunk) => chunk.delta?.toolCalls ?? []).map((call) => call.name)).toEqual(['end_call']);
});
