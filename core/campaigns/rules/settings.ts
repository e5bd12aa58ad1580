import { z } from 'zod';
import { isRulePack } from './packs/index.ts';
import { weekdays } from './time/week.ts';

const clock = z
  .string()
  .trim()
  .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time is written 00:00 to 24:00');

const timeWindow = z
  .object({ from: clock, to: clock })
  .refine(({ from }) => from !== '24:00', { path: ['from'], message: 'a window begins before 24:00' })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'a window has a length' });

const day = z.array(timeWindow).max(10).readonly();
const windows = z.strictObject({
  ...{ monday: day.optional(), tuesday: day.optional(), wednesday: day.optional(), thursday: day.optional() },
  ...{ friday: day.optional(), saturday: day.optional(), sunday: day.optional() },
});

/** A date, or one of every year. */
const holiday = z
  .string()
  .trim()
  .refine(isDate, 'a holiday is a date, 2026-12-24, or one of every year, 12-24');

function isDate(text: string): boolean {
  // A year of its own for 02-29.
  const full = /^\d{2}-\d{2}$/.test(text) ? `2028-${text}` : text;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(full)) return false;
  const parsed = new Date(`${full}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(full);
}

const cap = z.number().int().min(1).max(1_000).nullable().default(null);
/** Calls that rang, or may have: rolling 24 hours, rolling 7 days, ever. Null: no cap of its own. */
const caps = z.object({ perDay: cap, perWeek: cap, total: cap });
const noCaps = { perDay: null, perWeek: null, total: null };

const officeHours = [{ from: '09:00', to: '20:00' }];

/**
 * What an operator decides about whom a campaign may call when; campaigns.rules. All times are those of the contact.
 * Laws come on top by themselves: a pack can be added here, never taken away.
 */
export const ruleSettings = z.object({
  purpose: z.enum(['marketing', 'informational']).default('marketing'),
  windows: windows.default(Object.fromEntries(weekdays.slice(0, 5).map((name) => [name, officeHours]))),
  holidays: z.array(holiday).max(400).default([]),
  /** Rule packs that count for every contact, wherever they are. */
  packs: z.array(z.string().refine(isRulePack, 'there is no rule pack of this name')).max(50).default([]),
  consentRequired: z.boolean().default(false),
  caps: caps.default(noCaps),
  /** By all campaigns of the workspace together. */
  workspaceCaps: caps.default(noCaps),
});

export type RuleSettings = z.output<typeof ruleSettings>;
export type Caps = z.output<typeof caps>;
