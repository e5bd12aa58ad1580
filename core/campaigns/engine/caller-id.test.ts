import { expect, test } from 'vitest';
import { pickCallerId } from './caller-id.ts';

const pool = ['+12025550100', '+14155550100', '+442079460100'].map((e164) => ({
  id: e164,
  e164,
  trunk: 't',
}));
const pick = (phone: string, localPresence = true, used: Record<string, number> = {}, turn = 0) =>
  pickCallerId(pool, { phone, localPresence, used: new Map(Object.entries(used)), turn })?.e164;

test('the area code of the person comes first, then their country', () => {
  expect(pick('+14155559999')).toBe('+14155550100');
  expect(pick('+442079469999')).toBe('+442079460100');
  expect(pick('+13035559999')).toBe('+12025550100');
});

test('without local presence, and among equals, the numbers take turns', () => {
  expect(pick('+14155559999', false)).toBe('+12025550100');
  expect(pick('+14155559999', false, { '+12025550100': 1 })).toBe('+14155550100');
  expect(pick('+13035559999', true, { '+12025550100': 1 })).toBe('+14155550100');
  expect([0, 1, 2, 3].map((turn) => pick('+14155559999', false, {}, turn))).toEqual([
    ...['+12025550100', '+14155550100', '+442079460100', '+12025550100'],
  ]);
  expect(pick('+14155559999', false, { '+14155550100': 1 }, 1)).toBe('+442079460100');
});

test('nobody is called from their own number', () => {
  expect(pick('+14155550100')).toBe('+12025550100');
  expect(
    pickCallerId([], { phone: '+14155550100', localPresence: true, used: new Map(), turn: 7 }),
  ).toBeUndefined();
});
