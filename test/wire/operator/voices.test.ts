import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ProviderVoices } from '../../../adapters/voices.ts';

type Answers = Record<string, { status: number; body?: unknown }>;

/** A vendor that answers each path as told, everything else with 500. */
async function vendor(answers: Answers) {
  const asked: { path: string; key: string | undefined }[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ path: url, key: String(headers['xi-api-key'] ?? headers.authorization) });
    const { status, body } = answers[url] ?? { status: 500 };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const none = {
  ...{ ELEVEN_API_KEY: undefined, ELEVEN_BASE_URL: undefined, OPENAI_API_KEY: undefined },
  ...{ DEEPGRAM_API_KEY: undefined, DEEPGRAM_BASE_URL: undefined, OPENAI_BASE_URL: undefined },
};

describe('whether a provider has a voice', () => {
  it('is not asked where the local gateway speaks for every voice', async () => {
    const voices = new ProviderVoices(none);
    for (const provider of ['elevenlabs', 'deepgram', 'openai', 'hal'])
      expect(await voices.look(provider, 'joe')).toBeNull();
    const other = { ...none, OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };
    expect(await new ProviderVoices(other).look('openai', 'joe')).toBeNull();
  });

  it('is asked of ElevenLabs: the account’s list, once a minute, then the voice itself', async () => {
    await using eleven = await vendor({
      '/v1/voices': { status: 200, body: { voices: [{ voice_id: 'joe', name: 'Joe' }] } },
      '/v1/voices/public': { status: 200, body: { voice_id: 'public' } },
      '/v1/voices/nobody': { status: 404 },
    });
    const voices = new ProviderVoices({
      ...none,
      ...{ ELEVEN_API_KEY: 'secret', ELEVEN_BASE_URL: `${eleven.url}/v1` },
    });
    expect(await voices.look('elevenlabs', 'joe')).toEqual({ exists: true, known: ['joe'] });
    expect(await voices.look('elevenlabs', 'public')).toMatchObject({ exists: true });
    expect(await voices.look('elevenlabs', 'nobody')).toEqual({ exists: false, known: ['joe'] });
    expect(eleven.asked.map(({ path }) => path)).toEqual([
      '/v1/voices',
      '/v1/voices/public',
      '/v1/voices/nobody',
    ]);
    expect(eleven.asked.every(({ key }) => key === 'secret')).toBe(true);
  });

  it('is asked of Deepgram’s models, and known of OpenAI', async () => {
    await using deepgram = await vendor({
      '/v1/models': { status: 200, body: { stt: [], tts: [{ canonical_name: 'aura-2-andromeda-en' }] } },
    });
    const env = { ...none, DEEPGRAM_API_KEY: 'k', DEEPGRAM_BASE_URL: deepgram.url.replace('http', 'ws') };
    const voices = new ProviderVoices({ ...env, OPENAI_API_KEY: 'k' });
    expect(await voices.look('deepgram', 'aura-2-andromeda-en')).toMatchObject({ exists: true });
    expect(await voices.look('deepgram', 'joe')).toMatchObject({ exists: false });
    expect(await voices.look('openai', 'alloy')).toMatchObject({ exists: true });
    expect(await voices.look('openai', 'joe')).toMatchObject({ exists: false });
  });

  it('is not known when the vendor is at fault or away, which is said in words and not remembered', async () => {
    const answers: Answers = { '/voices': { status: 503 } };
    await using eleven = await vendor(answers);
    const voices = new ProviderVoices({ ...none, ELEVEN_API_KEY: 'k', ELEVEN_BASE_URL: eleven.url });
    await expect(voices.look('elevenlabs', 'joe')).rejects.toThrow('ElevenLabs answered 503');
    answers['/voices'] = { status: 200, body: { voices: [{ voice_id: 'joe' }] } };
    expect(await voices.look('elevenlabs', 'joe')).toMatchObject({ exists: true });
    const away = new ProviderVoices({ ...none, ELEVEN_API_KEY: 'k', ELEVEN_BASE_URL: 'http://127.0.0.1:9' });
    await expect(away.look('elevenlabs', 'joe')).rejects.toThrow('ElevenLabs could not be reached');
  });
});
