import { expect, test, vi } from 'vitest';
import type { FallbackStt } from '../providers/fallback/stt.ts';
import { TurnCues } from './turn-cues.ts';

function under() {
  const listener = { callerSpeaks: vi.fn(), callerSilentFor: vi.fn(), finalize: vi.fn() };
  const cues = new TurnCues();
  cues.servedBy(listener as unknown as FallbackStt);
  const hear = (...silences: number[]) => {
    for (const silenceRunMs of silences) cues.heard({ silenceRunMs });
  };
  return { cues, listener, hear };
}

test('words are owed for what was spoken after the last final transcript, until the next one comes', () => {
  const { cues, hear } = under();
  hear(0, 0, 0, 0, 32);
  expect(cues.owesWords).toBe(true);
  cues.understood();
  // The tail of the voice detector.
  hear(0, 0, 32, 64);
  expect(cues.owesWords).toBe(false);
  hear(0, 0, 0, 32);
  expect(cues.owesWords).toBe(true);
});

test('the recogniser is asked for its final words only while the caller is silent', () => {
  const { cues, listener, hear } = under();
  hear(0, 32, 64, 0);
  cues.turnOver();
  expect(listener.finalize).not.toHaveBeenCalled();
  hear(32);
  cues.turnOver();
  expect(listener.finalize).toHaveBeenCalledOnce();
});
