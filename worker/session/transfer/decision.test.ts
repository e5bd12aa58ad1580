import { expect, test } from 'vitest';
import { decisionIn, decisionOfKey } from './decision.ts';

test.each([
  ['Yes, put them through.', 'accepted'],
  ['Okay.', 'accepted'],
  ['Ja, gerne.', 'accepted'],
  ['Sí.', 'accepted'],
  ['Sí, adelante.', 'accepted'],
  ['Oui, bien sûr.', 'accepted'],
  ['Así es la vida.', undefined],
  ['Sure, no problem.', 'accepted'],
  ['No problem, put her through.', 'accepted'],
  ['I don’t mind, go ahead.', 'accepted'],
  ['No hay problema.', 'accepted'],
  ['No problem, but not now.', 'declined'],
  ['No. Problem is, I am driving.', 'declined'],
  ['No.', 'declined'],
  ['Yes, but not now.', 'declined'],
  ['I can’t, I am busy.', 'declined'],
  ['Nein danke.', 'declined'],
  ['Please leave a message after the tone.', 'voicemail'],
  ['You have reached the mailbox of Robin.', 'voicemail'],
  ['Hello?', undefined],
  ['Who is there?', undefined],
  ['Notes and nose.', undefined],
])('%s', (text, decision) => {
  expect(decisionIn(text)).toBe(decision);
});

test('key 1 takes the call, 2 declines it, others say nothing', () => {
  expect(['1', '2', '3', '#'].map(decisionOfKey)).toEqual(['accepted', 'declined', undefined, undefined]);
});
