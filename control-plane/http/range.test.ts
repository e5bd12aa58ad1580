import { expect, it } from 'vitest';
import { parseRange } from './range.ts';

it.each([
  ['', undefined],
  ['bytes=0-99', { from: 0, to: 99 }],
  ['bytes=0-', { from: 0, to: 999 }],
  ['bytes=990-5000', { from: 990, to: 999 }],
  ['bytes=-100', { from: 900, to: 999 }],
  ['bytes=-5000', { from: 0, to: 999 }],
  ['bytes=999-999', { from: 999, to: 999 }],
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=9-3', undefined],
  ['bytes=0-1,5-6', undefined],
  ['bytes=-', undefined],
  ['items=0-1', undefined],
  ['bytes=a-b', undefined],
])('of 1000 bytes "%s" wants %o', (header, wanted) => expect(parseRange(header, 1_000)).toEqual(wanted));
