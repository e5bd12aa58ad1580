import { DateTime } from 'luxon';
import { z } from 'zod';
import { latestMomentMs } from '../../../../core/fields.ts';

const isoPattern = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const problem = 'must be an ISO 8601 date or date and time, for example 2026-02-15T09:30:00Z';

/** A moment as ISO 8601. Without an offset it is UTC; a bare date is its first or its last millisecond. */
export function moment(edge: 'start' | 'end') {
  return z
    .string()
    .transform((text, context) => {
      const parsed = parseMoment(text, edge, 'utc');
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    })
    .meta({ type: 'string', format: 'date-time' });
}

/** The same, or null to take it away. The documents do not look through `nullable` at a type that is given. */
export const momentOrNull = (edge: 'start' | 'end') =>
  moment(edge)
    .nullable()
    .meta({ type: ['string', 'null'] });

/** The same where another parameter says in which zone a date, or a time without an offset, is meant. */
export function zonedMoment(edge: 'start' | 'end') {
  return z
    .string()
    .refine((text) => parseMoment(text, edge, 'utc') !== undefined, problem)
    .transform((text) => (zone: string) => parseMoment(text, edge, zone))
    .meta({ type: 'string', format: 'date-time' });
}

function parseMoment(text: string, edge: 'start' | 'end', zone: string): Date | undefined {
  // A plus sign that was not escaped arrives as a space.
  const iso = text
    .trim()
    .replace(/ (\d{2}:?\d{2})$/, (whole, offset: string) => (text.includes('T') ? `+${offset}` : whole));
  if (!isoPattern.test(iso)) return undefined;
  const parsed = DateTime.fromISO(iso.replace(' ', 'T'), { zone, setZone: false });
  if (!parsed.isValid || parsed.year < 1970) return undefined;
  const at = edge === 'end' && iso.length === 10 ? parsed.endOf('day') : parsed;
  return at.toMillis() > latestMomentMs ? undefined : at.toJSDate();
}
