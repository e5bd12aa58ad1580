import { describe, expect, test } from 'vitest';
import { costOf } from './cost.ts';

const llm = { type: 'llm_usage', provider: 'openai', model: 'gpt-4o-2024-08-06' };

describe('the cost of a call', () => {
  test('is the sum of its parts in whole millionths, each by its price', () => {
    const cost = costOf(
      [
        { ...llm, inputTokens: 3_000, inputCachedTokens: 1_000, outputTokens: 200 },
        { type: 'stt_usage', provider: 'deepgram', model: 'nova-3', audioDurationMs: 90_000 },
        { type: 'tts_usage', provider: 'elevenlabs', model: 'eleven_turbo_v2_5', charactersCount: 333 },
        { type: 'eot_usage', provider: 'livekit', model: 'turn-detector', totalRequests: 9 },
      ],
      true,
    );
    expect(cost.parts.map(({ stage, unit, quantity, micros }) => [stage, unit, quantity, micros])).toEqual([
      ['llm', 'input_tokens', 2_000, 5_000],
      ['llm', 'cached_input_tokens', 1_000, 1_250],
      ['llm', 'output_tokens', 200, 2_000],
      ['stt', 'audio_ms', 90_000, 11_550],
      ['tts', 'characters', 333, 16_650],
    ]);
    expect(cost).toMatchObject({ currency: 'USD', micros: 36_450, isComplete: true });
    expect(cost.version).not.toBe('');
  });

  test('is nothing for what this machine does itself', () => {
    const local = { provider: 'local', model: 'scripted/receptionist', inputTokens: 500, outputTokens: 90 };
    const cost = costOf([{ type: 'llm_usage', ...local }], true);
    expect(cost).toMatchObject({ micros: 0, isComplete: true });
    expect(cost.parts.map(({ micros }) => micros)).toEqual([0, 0]);
  });

  test.each([
    { ...llm, model: 'gpt-4o-audio-preview', inputTokens: 10 },
    { ...llm, model: 'gpt-4.15', inputTokens: 10 },
    { ...llm, provider: 'models.carrier.test', inputTokens: 10 },
    { type: 'tts_usage', provider: 'openai', model: 'gpt-4o-mini-tts', charactersCount: 10 },
  ])('of $provider/$model is said to be unknown, not nothing', (usage) => {
    const cost = costOf([usage, { ...llm, outputTokens: 100 }], true);
    expect(cost.parts.map(({ micros }) => micros)).toEqual([null, 1_000]);
    expect(cost).toMatchObject({ micros: 1_000, isComplete: false });
  });

  test('puts the work of several workers together before it rounds', () => {
    const third = { ...llm, model: 'gpt-4o-mini', inputTokens: 2 };
    const cost = costOf([third, third, third], true);
    expect(cost.parts).toMatchObject([{ quantity: 6, micros: 1 }]);
  });

  test('is not complete when a worker could not say what it used', () => {
    expect(costOf([], false)).toMatchObject({ micros: 0, isComplete: false, parts: [] });
  });
});
