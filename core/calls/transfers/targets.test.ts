import { expect, test } from 'vitest';
import { bareNumber, findTarget, orderedTarget, refusalOf, sipUri } from './targets.ts';

const targets = {
  transferTo: '+14155550100',
  transferTargets: [
    { name: 'Front desk', number: '+1 (415) 555-0101', description: '', mode: 'warm' as const },
    { name: 'Dr. Ruiz', number: 'sip:ruiz@pbx.example.com:5080', description: '', mode: 'cold' as const },
    { name: 'Empty', number: ' ', description: '', mode: 'cold' as const },
  ],
};
const named = (wanted: string) => findTarget(targets, wanted)?.name;

test('a target is found by name in whatever case, by a part of it, by number; without any it is the first', () => {
  expect([named('front DESK'), named('the front desk, please'), named('Ruiz'), named('')]).toEqual([
    ...['Front desk', 'Front desk', 'Dr. Ruiz', 'Front desk'],
  ]);
  expect(named('+14155550101')).toBe('Front desk');
  expect(named('+14155550100')).toBe('a colleague');
});

test('an address that has the name of a target in it is not that target', () => {
  expect(named('sip:front.desk@pbx.example.com')).toBeUndefined();
  expect(named('sip:ruiz@pbx.example.com:5080')).toBe('Dr. Ruiz');
});

test('what has no number, or is nobody’s name, is no target', () => {
  expect([named('Empty'), named('the moon')]).toEqual([undefined, undefined]);
});

test('a SIP address keeps its dots and has a user and a host', () => {
  expect(bareNumber('sip:ruiz@127.0.0.1:5080')).toBe('sip:ruiz@127.0.0.1:5080');
  expect(sipUri('sip:ruiz@127.0.0.1:5080;transport=udp')).toEqual({ user: 'ruiz', host: '127.0.0.1:5080' });
  expect([sipUri('+14155550100'), sipUri('sip:pbx.example.com')]).toEqual([null, null]);
});

test.each([
  ['inbound', '+14155550199', '+14155550198'],
  ['outbound', '+14155550198', '+14155550199'],
] as const)('on an %s call neither the caller’s number nor our own is called', (direction, from, to) => {
  const line = { direction, fromNumber: from, toNumber: to };
  const refusal = (number: string) =>
    refusalOf({ name: 'Desk', number, description: '', mode: 'cold' }, line);
  expect(refusal('+1 415 555 0199')).toContain('own number');
  expect(refusal('tel:+14155550198')).toContain('very line');
  expect(refusal('12')).toContain('cannot be dialed');
  expect(refusal('+14155550100')).toBeUndefined();
});

test('an order means a target, or a number that only its giver knows; everything else is refused with words', () => {
  const line = { direction: 'inbound', fromNumber: '+14155550199', toNumber: '+14155550198' } as const;
  const order = (wanted: string) => orderedTarget(targets, wanted, line);
  expect(order('ruiz')).toMatchObject({ name: 'Dr. Ruiz', mode: 'cold' });
  expect(order('+1 415 555 0177')).toMatchObject({ number: '+1 415 555 0177', mode: 'warm' });
  expect(order('the moon')).toBe('There is nobody called "the moon" to transfer to.');
  expect(order('+14155550199')).toContain('own number');
  expect(orderedTarget({ transferTo: '', transferTargets: [] }, '', line)).toContain('nobody to transfer to');
});
