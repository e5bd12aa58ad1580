import { z } from 'zod';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A whole number in a path or a query string: digits only, so that "1e3", " 7" and "" are refused with words. */
export function wholeParam({ min, max }: Bounds) {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min, `must be at least ${min}`)
    .refine((value) => value <= max, `must be at most ${max}`)
    .meta({ param: { schema: { type: 'integer', minimum: min, maximum: max } } });
}

/** The same where it may be left out. */
export function intParam({ min, max, fallback }: Bounds & { fallback: number }) {
  return wholeParam({ min, max })
    .default(fallback)
    .meta({ param: { schema: { type: 'integer', minimum: min, maximum: max, default: fallback } } });
}

const pathId = z.uuid();

/** `{id}` in a path. */
export const idParams = z.object({ id: pathId });
