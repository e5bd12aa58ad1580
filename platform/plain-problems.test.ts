import { expect, it } from 'vitest';
import { z } from 'zod';
import './plain-problems.ts';

const said = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ message }) => message);

it.each([
  ['a field that is missing', z.object({ name: z.string() }), {}, 'is required'],
  ['another type', z.string(), 5, 'must be a text'],
  ['a type that is none of several', z.union([z.string(), z.number()]), null, 'must be a text or a number'],
  ['a fraction', z.int(), 1.5, 'must be a whole number'],
  ['another choice', z.enum(['left', 'right']), 'up', 'must be one of "left", "right"'],
  ['the only choice', z.literal('left'), 'up', 'must be "left"'],
  ['no choice at all', z.object({ side: z.enum(['left', 'right']) }), {}, 'is required'],
  ['no address', z.url(), 'nowhere', 'must be an address like https://example.com'],
  ['no id', z.uuid(), '7', 'must be an id (a UUID)'],
  ['nothing', z.string().min(1), '', 'must not be empty'],
  ['a short text', z.string().min(8), 'abc', 'must have at least 8 characters'],
  ['a long text', z.string().max(1), 'abc', 'must have at most 1 character'],
  ['a small number', z.number().min(3), 1, 'must be at least 3'],
  ['a number that is not positive', z.number().positive(), 0, 'must be more than 0'],
  ['an empty list', z.array(z.string()).min(1), [], 'must have at least 1 entry'],
  ['a field that nobody knows', z.strictObject({}), { colour: 'red' }, 'has no field "colour"'],
  ['what its own rule explains', z.string().regex(/^\d+$/, 'digits only'), 'x', 'digits only'],
])('says of %s what would fit', (_what, schema, value, problem) => {
  expect(said(schema, value)).toEqual([problem]);
});
