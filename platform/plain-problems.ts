import { z } from 'zod';

/**
 * What does not fit, in words that say what would: "is required", "must be a number". Importing this is enough; zod's
 * own sentences ("Invalid input: expected string, received undefined") are written for whoever wrote the schema.
 */
z.config({ customError: (issue) => problemOf(issue) });

type Issue = Parameters<NonNullable<NonNullable<Parameters<typeof z.config>[0]>['customError']>>[0];

const nouns: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};
const formats: Readonly<Record<string, string>> = {
  date: 'a date like 2026-01-31',
  datetime: 'a moment like 2026-01-31T12:00:00Z',
  email: 'an e-mail address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  time: 'a time of day like 09:30:00',
  url: 'an address like https://example.com',
  uuid: 'an id (a UUID)',
};

const count = (amount: number | bigint, one: string): string =>
  `${amount} ${one}${amount === 1 || amount === 1n ? '' : 's'}`;
const listed = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(', ');

/** Undefined: zod's own words will do. */
function problemOf(issue: Issue): string | undefined {
  if (issue.code !== 'unrecognized_keys' && issue.input === undefined) return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return nouns[issue.expected] && `must be ${nouns[issue.expected]}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${listed(issue.values)}`
        : `must be one of ${listed(issue.values)}`;
    case 'invalid_format':
      return formats[issue.format] && `must be ${formats[issue.format]}`;
    case 'too_small':
      return sizeProblem(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return sizeProblem(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has no ${issue.keys.length === 1 ? 'field' : 'fields'} ${listed(issue.keys)}`;
    case 'invalid_union':
      return choiceProblem(issue.errors);
    default:
      return undefined;
  }
}

/** Where every one of the choices is another type. */
function choiceProblem(choices: readonly (readonly z.core.$ZodIssue[])[]) {
  const wanted = choices.map(([first, ...more]) =>
    more.length === 0 && first?.code === 'invalid_type' && first.path.length === 0
      ? nouns[first.expected]
      : undefined,
  );
  return wanted.length > 0 && wanted.every((noun) => noun !== undefined)
    ? `must be ${wanted.join(' or ')}`
    : undefined;
}

function sizeProblem(origin: string, limit: number | bigint, bound: string): string | undefined {
  if (origin === 'number' || origin === 'int' || origin === 'bigint') return `must be ${bound} ${limit}`;
  if (origin === 'string')
    return bound === 'at least' && limit === 1
      ? 'must not be empty'
      : `must have ${bound} ${count(limit, 'character')}`;
  if (origin === 'array' || origin === 'set')
    return `must have ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return undefined;
}
