import type { Consent } from '../../../../db/schema/contacts.ts';
import type { Holiday } from '../time/holidays.ts';
import type { WeekWindows } from '../time/week.ts';

/** What somebody's law asks of automated calls. Data: an engineer's reading, not legal advice. */
export interface RulePack {
  /** `us`, `us-fl` */
  readonly id: string;
  readonly name: string;
  /** Whom it protects: people who may be in one of these countries (ISO 3166) or regions (ISO 3166-2). */
  readonly countries?: readonly string[];
  readonly regions?: readonly string[];
  /** Oldest first. Each is in force from its date (00:00 UTC) until the next one's. */
  readonly editions: readonly Edition[];
}

export interface Edition {
  /** ISO date from which it is in force. */
  readonly from: string;
  /** Where it is written. `secondary`: taken from summaries, not from the text itself. */
  readonly source: string;
  readonly secondary?: boolean;
  readonly windows: WeekWindows;
  readonly holidays?: readonly Holiday[];
  /** Calls to one person by anybody of the workspace; rolling 24 hours and 7 days. */
  readonly caps?: { readonly perDay?: number; readonly perWeek?: number };
  /** The least consent for each purpose; left out: none is asked for. */
  readonly consent?: Readonly<Partial<Record<Purpose, RequiredConsent>>>;
  /** How old a copy of the national do-not-call registry may be. */
  readonly registryMaxAgeMs?: number;
}

export type Purpose = 'marketing' | 'informational';
export type RequiredConsent = Extract<Consent, 'express' | 'written'>;
