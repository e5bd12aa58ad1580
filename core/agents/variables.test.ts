import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builtInVariables, fillVariables } from './variables.ts';

describe('filling in', () => {
  test('every {{name}} becomes its value, with or without spaces inside the braces', () => {
    expect(
      fillVariables('Hi {{name}}, {{ name }} of {{the company}}!', { name: 'Ada', 'the company': 'X' }),
    ).toEqual({
      text: 'Hi Ada, Ada of X!',
      missing: [],
    });
  });

  test('a name without a value becomes empty and is reported once', () => {
    expect(fillVariables('{{a}}-{{b}}-{{a}}', { b: '' })).toEqual({ text: '--', missing: ['a'] });
  });

  test('names that every object has are no values', () => {
    expect(fillVariables('{{constructor}}{{toString}}', {})).toEqual({
      text: '',
      missing: ['constructor', 'toString'],
    });
  });

  test('braces in a value stay what they are, and $ means nothing', () => {
    expect(fillVariables('{{a}}{{b}}', { a: '{{b}}', b: "$& $1 $'" }).text).toBe("{{b}}$& $1 $'");
  });

  test('text without placeholders is left alone, however many braces it has', () => {
    const plain = fc
      .string({ unit: fc.constantFrom('{', '}', ' ', 'a') })
      .filter((text) => !/\{\{\s*[^{}\s]/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        expect(fillVariables(text, {})).toEqual({ text, missing: [] });
      }),
    );
  });

  test('a long run of braces and spaces takes no time', () => {
    for (const text of ['{{ '.repeat(50_000), `{{a${' '.repeat(100_000)}`, `{{${'a '.repeat(50_000)}`])
      expect(fillVariables(text, {}).text).toBe(text);
  });
});

describe('built-in variables', () => {
  const facts = {
    callerNumber: '+14155559876',
    calledNumber: '+12025550100',
    agentName: 'Front desk',
    direction: 'inbound' as const,
    language: 'en-US',
    at: new Date('2026-05-04T15:30:00Z'),
    timeZone: 'UTC',
  };

  test('say who calls whom, and when, in words', () => {
    expect(builtInVariables(facts)).toEqual({
      caller_number: '+14155559876',
      called_number: '+12025550100',
      agent_name: 'Front desk',
      call_direction: 'inbound',
      today: 'Monday, May 4, 2026',
      now: expect.stringMatching(/^3:30\sPM$/u),
    });
  });

  test('speak the language of the agent, and English when nobody knows it', () => {
    expect(builtInVariables({ ...facts, language: 'de-DE' }).today).toBe('Montag, 4. Mai 2026');
    expect(builtInVariables({ ...facts, language: '???' }).today).toBe('Monday, May 4, 2026');
  });

  test('are of the zone that the agent or the call names; one that there is not is as good as none', () => {
    const at = (timeZone?: string) => builtInVariables({ ...facts, timeZone }).today;
    expect(at('Pacific/Kiritimati')).toBe('Tuesday, May 5, 2026');
    expect(at('Mars/Olympus')).toBe(at());
  });

  test('an unknown caller is empty', () => {
    expect(builtInVariables({ ...facts, callerNumber: null }).caller_number).toBe('');
  });
});
