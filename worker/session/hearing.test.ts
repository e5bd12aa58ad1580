import { describe, expect, test } from 'vitest';
import { hears, type Party, type Phase, type Role, roleOf, type TrackUse } from './hearing.ts';

const everybody: readonly Role[] = ['caller', 'person', 'supervisor'];
const heardBy = (speaker: Party & { use?: TrackUse }, phase: Phase = 'together') =>
  everybody.filter((role) => hears({ role }, { use: 'voice', ...speaker }, phase));

test('identities tell who somebody is', () => {
  expect(['caller-1', 'sip_+15550100', 'visitor', 'person-1', 'supervisor-1'].map(roleOf)).toEqual([
    ...['caller', 'caller', 'caller', 'person', 'supervisor'],
  ]);
});

test('together, everybody hears everybody, but not what is meant for one of them', () => {
  for (const role of ['agent', 'caller', 'person'] as const) expect(heardBy({ role })).toEqual(everybody);
  expect(heardBy({ role: 'agent', use: 'hold' })).toEqual(['caller']);
  expect(heardBy({ role: 'agent', use: 'aside' })).toEqual(['person', 'supervisor']);
});

test('apart, caller and person do not hear each other, and the person hears only what is said aside', () => {
  expect(heardBy({ role: 'caller' }, 'apart')).toEqual(['caller', 'supervisor']);
  expect(heardBy({ role: 'person' }, 'apart')).toEqual(['person', 'supervisor']);
  expect(heardBy({ role: 'agent' }, 'apart')).toEqual(['caller', 'supervisor']);
  expect(heardBy({ role: 'agent', use: 'aside' }, 'apart')).toEqual(['person', 'supervisor']);
});

describe('a supervisor', () => {
  test.each([
    ['listen', ['supervisor']],
    ['whisper_agent', ['supervisor']],
    ['whisper_person', ['person', 'supervisor']],
    ['barge', everybody],
  ] as const)('who may %s is heard by %j', (mode, listeners) => {
    expect(heardBy({ role: 'supervisor', mode })).toEqual(listeners);
    expect(heardBy({ role: 'supervisor', mode }, 'apart')).toEqual(listeners);
  });

  test('without a mode is heard by nobody else', () => {
    expect(heardBy({ role: 'supervisor' })).toEqual(['supervisor']);
  });
});
