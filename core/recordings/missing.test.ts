import { expect, test } from 'vitest';
import type { Piece } from './layout.ts';
import { isAllHere, missingParts, type RecordingEvent } from './missing.ts';

const rate = 16_000;
const noon = Date.UTC(2026, 1, 10, 12);
const at = (seconds: number): number => noon + seconds * 1_000;

const event = (
  epoch: number,
  type: RecordingEvent['type'],
  seconds: number,
  detail = '',
): RecordingEvent => ({ epoch, type, at: at(seconds), detail });

const piece = (epoch: number, seq: number, from: number, to: number, isLast = false): Piece => ({
  ...{ recordingId: 'r', epoch, seq, isLast, blobKey: '', sizeBytes: 0 },
  ...{ stretchStartedAt: new Date(at(from)), offsetSamples: 0, samples: (to - from) * rate },
});

/** In seconds after noon. */
const lacking = (events: readonly RecordingEvent[], pieces: readonly Piece[], until: number) =>
  missingParts(events, pieces, rate, at(until)).map(({ from, to, reason }) => [
    (from - noon) / 1_000,
    (to - noon) / 1_000,
    reason,
  ]);

const lost = 'The worker that recorded was lost.';

test('a recording that was paused and ended in order lacks nothing', () => {
  const events = [
    ...[event(1, 'started', 0), event(1, 'paused', 20), event(1, 'resumed', 40)],
    event(1, 'stopped', 90.8),
  ];
  const pieces = [piece(1, 1, 0, 20), piece(1, 2, 40, 90, true)];
  expect(lacking(events, pieces, 91)).toEqual([]);
  expect(isAllHere(events, pieces)).toBe(true);
});

test('what lies between a lost worker and the next one is missing, although its pieces end in order', () => {
  const events = [event(1, 'started', 0), event(2, 'started', 34), event(2, 'stopped', 60)];
  const pieces = [piece(1, 1, 0, 29, true), piece(2, 1, 34, 60, true)];
  expect(lacking(events, pieces, 60)).toEqual([[29, 34, lost]]);
  expect(isAllHere(events, pieces)).toBe(true);
});

test('of two who talked on without their recorder everything from there on is missing, and why', () => {
  const why = 'The worker that recorded was lost; the call goes on and is not recorded.';
  const events = [event(1, 'started', 0), event(2, 'stopped', 35, why)];
  expect(lacking(events, [piece(1, 1, 0, 30, true)], 80)).toEqual([[30, 80, why]]);
});

test('so is everything after a disk that failed', () => {
  const why = 'It could not be written: ENOSPC';
  const events = [event(1, 'started', 0), event(1, 'stopped', 31, why)];
  expect(lacking(events, [piece(1, 1, 0, 30, true)], 50)).toEqual([[30, 50, why]]);
});

test('a worker that was lost in a pause lacks nothing of the pause', () => {
  const events = [
    ...[event(1, 'started', 0), event(1, 'paused', 20)],
    ...[event(2, 'started', 40), event(2, 'paused', 40), event(2, 'resumed', 50), event(2, 'stopped', 70)],
  ];
  expect(lacking(events, [piece(1, 1, 0, 20), piece(2, 1, 50, 70, true)], 70)).toEqual([]);
});

test('pieces that never came are missing', () => {
  const events = [event(1, 'started', 0), event(1, 'stopped', 180)];
  const pieces = [piece(1, 1, 0, 60), piece(1, 3, 120, 180, true)];
  expect(lacking(events, pieces, 180)).toEqual([[60, 120, 'A piece of it did not arrive.']]);
  expect(isAllHere(events, pieces)).toBe(false);
  expect(lacking([event(1, 'started', 0)], [], 10)).toEqual([[0, 10, lost]]);
});
