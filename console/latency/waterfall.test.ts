import { expect, test } from 'vitest';
import { barsOf } from './waterfall.tsx';

test('model and voice stand before the first sound, recogniser and end of turn after the last word', () => {
  const bars = barsOf({
    transcription_ms: 100,
    end_of_turn_ms: 120,
    llm_first_token_ms: 30,
    tts_first_byte_ms: 20,
    total_ms: 200,
  });
  expect(bars.map(({ label, fromMs, toMs }) => [label, fromMs, toMs])).toEqual([
    ['Recogniser', 0, 100],
    ['End of turn', 0, 120],
    ['Model', 150, 180],
    ['Voice', 180, 200],
    ['In all', 0, 200],
  ]);
});

test('what was not measured has no bar, and what began before the last word is cut there', () => {
  const nothing = { transcription_ms: null, end_of_turn_ms: null, llm_first_token_ms: null };
  expect(barsOf({ ...nothing, tts_first_byte_ms: null, total_ms: null })).toEqual([]);
  const ahead = barsOf({ ...nothing, llm_first_token_ms: 500, tts_first_byte_ms: 10, total_ms: 100 });
  expect(ahead.find(({ label }) => label === 'Model')).toMatchObject({ fromMs: 0, toMs: 90, ms: 500 });
});
