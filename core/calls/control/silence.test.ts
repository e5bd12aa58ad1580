import { expect, test } from 'vitest';
import { silencedBy } from './silence.ts';

test.each([
  [[], false, false],
  [['mute'], true, false],
  [['mute', 'unmute'], false, false],
  [['take_over', 'unmute'], false, true],
  [['mute', 'take_over', 'unmute'], false, true],
  [['mute', 'take_over', 'hand_back'], false, false],
  [['hand_back', 'say', 'take_over'], false, true],
])('after %j an agent is muted: %s, taken over: %s', (kinds, muted, takenOver) => {
  expect(silencedBy(kinds)).toEqual({ muted, takenOver });
});
