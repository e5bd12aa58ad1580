import { asLanguageCode, stt } from '@livekit/agents';
import { expect, test } from 'vitest';
import { Preflight } from './stt-preflight.ts';

const { FINAL_TRANSCRIPT, INTERIM_TRANSCRIPT, PREFLIGHT_TRANSCRIPT } = stt.SpeechEventType;

function under() {
  const told: [stt.SpeechEventType, string][] = [];
  const preflight = new Preflight(({ type, alternatives }) =>
    told.push([type, alternatives?.[0]?.text ?? '']),
  );
  const says = (text: string, type = INTERIM_TRANSCRIPT) =>
    preflight.pass({
      type,
      alternatives: [{ text, language: asLanguageCode('en'), startTime: 0, endTime: 1, confidence: 1 }],
    });
  return { told, preflight, says };
}

test('what is heard while the caller speaks stays an interim transcript', () => {
  const { told, preflight, says } = under();
  preflight.callerSilentFor(0);
  says('What are');
  expect(told).toEqual([[INTERIM_TRANSCRIPT, 'What are']]);
});

test('what comes in a pause is what a reply may be begun with, once', () => {
  const { told, preflight, says } = under();
  preflight.callerSilentFor(64);
  says('What are your hours?');
  preflight.callerSilentFor(96);
  says('What are your hours?');
  expect(told).toEqual([[PREFLIGHT_TRANSCRIPT, 'What are your hours?']]);
});

test('what came when the pause had just begun counts when it has become one', () => {
  const { told, preflight, says } = under();
  preflight.callerSilentFor(32);
  says('What are your hours?');
  preflight.callerSilentFor(64);
  expect(told.at(-1)).toEqual([PREFLIGHT_TRANSCRIPT, 'What are your hours?']);
});

test('the caller goes on: what was heard before is not enough', () => {
  const { told, preflight, says } = under();
  preflight.callerSilentFor(32);
  says('What are');
  preflight.callerSilentFor(0);
  preflight.callerSilentFor(64);
  expect(told).toEqual([[INTERIM_TRANSCRIPT, 'What are']]);
});

test('the same words in the next turn may be answered early again', () => {
  const { told, preflight, says } = under();
  preflight.callerSilentFor(64);
  says('Yes.');
  says('Yes.', FINAL_TRANSCRIPT);
  says('Yes.');
  expect(told.map(([type]) => type)).toEqual([PREFLIGHT_TRANSCRIPT, FINAL_TRANSCRIPT, PREFLIGHT_TRANSCRIPT]);
});
