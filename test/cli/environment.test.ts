import { describe, expect, test } from 'vitest';
import { embeddedParts, readWishes } from '../../cli/environment.ts';

const parts = (env: Record<string, string>) => embeddedParts(readWishes({}, env));
const all = { postgres: true, redis: true, livekit: true, sip: true, speech: true };
const livekit = { LIVEKIT_URL: 'wss://lk.test', LIVEKIT_API_KEY: 'key', LIVEKIT_API_SECRET: 'secret' };
const providers = { DEEPGRAM_API_KEY: 'd', OPENAI_API_KEY: 'o', ELEVEN_API_KEY: 'e' };

describe('what is started here', () => {
  test.each([
    ['everything on a machine without settings', {}, {}],
    ['no PostgreSQL beside a DATABASE_URL', { DATABASE_URL: 'postgres://db.test/x' }, { postgres: false }],
    ['no Redis beside a REDIS_URL', { REDIS_URL: 'redis://cache.test' }, { redis: false }],
    ['neither LiveKit nor its SIP beside a LIVEKIT_URL', livekit, { livekit: false, sip: false }],
    ['no SIP where it is switched off', { SIP_ENABLED: 'false' }, { sip: false }],
    ['no speech where every provider has a key', providers, { speech: false }],
    ['speech while one provider has none', { OPENAI_API_KEY: 'o', ELEVEN_API_KEY: 'e' }, {}],
    ['no speech beside a SPEECH_URL', { SPEECH_URL: 'http://speech.test' }, { speech: false }],
  ])('%s', (_what, env, missing) => {
    expect(parts(env)).toEqual({ ...all, ...missing });
  });

  test('a LiveKit without its key is refused with words', () => {
    expect(() => parts({ LIVEKIT_URL: 'wss://lk.test' })).toThrow(
      'LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set too',
    );
  });
});
