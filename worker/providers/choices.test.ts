import { expect, test } from 'vitest';
import { agentDefinition } from '../../core/agents/definition.ts';
import { readEnv } from '../../platform/config.ts';
import { choicesOf, payeeAt } from './choices.ts';
import { sttPaid } from './stt.ts';
import { ttsPaid } from './tts.ts';

const names = (env: Record<string, string>, definition: Record<string, unknown> = {}) => {
  const { llm, stt, tts } = choicesOf(readEnv(env), agentDefinition.parse(definition));
  const of = (choices: readonly { provider: string }[]) => choices.map(({ provider }) => provider);
  return { llm: of(llm), stt: of(stt), tts: of(tts) };
};
const gateway = { SPEECH_URL: 'http://127.0.0.1:8090' };

test('fallbacks come in their order', () => {
  const definition = {
    llm: { model: 'a', fallbacks: [{ provider: 'openai', model: 'b' }] },
    stt: { fallbacks: [{ provider: 'openai', model: 'whisper-1' }] },
    tts: { fallbacks: [{ provider: 'deepgram', model: 'aura' }, { provider: 'openai' }] },
  };
  expect(names({}, definition)).toEqual({
    llm: ['openai', 'openai'],
    stt: ['deepgram', 'openai'],
    tts: ['elevenlabs', 'deepgram', 'openai'],
  });
});

test('the speech gateway stands behind vendors, and never twice or in the place of the model', () => {
  const keys = { DEEPGRAM_API_KEY: 'd', ELEVEN_API_KEY: 'e', OPENAI_API_KEY: 'o' };
  expect(names({ ...gateway, ...keys })).toEqual({
    llm: ['openai'],
    stt: ['deepgram', 'local'],
    tts: ['elevenlabs', 'local'],
  });
  expect(names(gateway)).toEqual({ llm: ['openai'], stt: ['deepgram'], tts: ['elevenlabs'] });
  expect(names(keys)).toEqual({ llm: ['openai'], stt: ['deepgram'], tts: ['elevenlabs'] });
});

test('the speech gateway understands English only', () => {
  const keys = { DEEPGRAM_API_KEY: 'd', ELEVEN_API_KEY: 'e' };
  expect(names({ ...gateway, ...keys }, { language: 'de-DE' }).stt).toEqual(['deepgram']);
});

test('who is paid is the vendor, this machine, or the server that stands in for the vendor', () => {
  expect(payeeAt(undefined, 'openai')).toBe('openai');
  expect(payeeAt('https://eu.api.openai.com/v1', 'openai')).toBe('openai');
  expect(payeeAt('https://openai.com.models.test/v1', 'openai')).toBe('openai.com.models.test');
  expect(payeeAt('http://127.0.0.1:11434/v1', 'openai')).toBe('local');
  const stt = (env: Record<string, string>) =>
    sttPaid(readEnv(env), { provider: 'deepgram', model: 'default' });
  expect(stt(gateway)).toEqual({ to: 'local', model: 'nova-3' });
  expect(stt({ ...gateway, DEEPGRAM_API_KEY: 'd' })).toEqual({ to: 'deepgram', model: 'nova-3' });
  const voice = { provider: 'elevenlabs', model: 'default', voice: 'default' };
  expect(ttsPaid(readEnv(gateway), voice)).toEqual({ to: 'local' });
  const other = { ELEVEN_API_KEY: 'e', ELEVEN_BASE_URL: 'https://voices.test/v1' };
  expect(ttsPaid(readEnv(other), voice)).toEqual({ to: 'voices.test' });
});
