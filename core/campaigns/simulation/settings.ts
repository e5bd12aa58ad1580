import { z } from 'zod';
import { retrySettings } from '../retries.ts';
import { isZone, ruleSettings } from '../rules/index.ts';

const share = (usual: number) => z.number().min(0).max(1).default(usual);
const lengthMs = (usual: number) => z.number().int().min(1_000).max(3_600_000).default(usual);
const dayMs = 86_400_000;

/** How calls end in the simulated town, as shares of all calls; they add up to 1. */
const outcomes = z
  .strictObject({
    human: share(0.3),
    busy: share(0.06),
    noAnswer: share(0.34),
    voicemail: share(0.24),
    /** A robot that asks who is calling. */
    screening: share(0.04),
    /** Picks up, is angry, and does not want to be called any more. */
    optOut: share(0.02),
  })
  .refine((all) => Math.abs(Object.values(all).reduce((sum, one) => sum + one, 0) - 1) < 1e-6, {
    message: 'the shares must add up to 1',
  });

/** What is simulated; every field has a usual value. */
export const simulationSettings = z.strictObject({
  contacts: z.number().int().min(1).max(1_000_000).default(1_000),
  /** The same seed gives the same people, calls and figures. */
  seed: z.string().min(1).max(100).default('1'),
  /** When the campaign begins; left out: the next Monday, 00:00 UTC. */
  startsAt: z.iso.datetime({ offset: true }).optional(),
  /** After this the simulation stops, whoever is left. */
  days: z.number().min(0.01).max(90).default(30),
  /** Where everybody is; left out: all over the United States, by area code. */
  zone: z.string().refine(isZone, 'there is no such time zone').optional(),
  slots: z.number().int().min(1).max(100_000).default(100),
  channels: z.number().int().min(1).max(100_000).default(100),
  callsPerSecond: z.number().min(0.01).max(10_000).default(10),
  maxConcurrency: z.number().int().min(1).max(100_000).nullable().default(null),
  minutePriceMicros: z.number().int().min(1).max(1_000_000_000).default(10_000),
  budgetMicros: z.number().int().min(1).nullable().default(null),
  /** Virtual time between two looks of the dialer; left out: five seconds, more for many contacts. */
  stepMs: z.number().int().min(500).max(60_000).optional(),
  outcomes: outcomes.prefault({}),
  talk: z
    .strictObject({
      humanMs: lengthMs(75_000),
      voicemailMs: lengthMs(20_000),
      screeningMs: lengthMs(15_000),
      optOutMs: lengthMs(12_000),
    })
    .prefault({}),
  /** Of those who answer: they hear the agent's first word later than two seconds. */
  lateShare: share(0.01),
  /** Of the contacts. */
  listedShare: share(0.02),
  withoutConsentShare: share(0.03),
  rules: ruleSettings.prefault({}),
  retries: retrySettings.prefault({}),
});
export type SimulationSettings = z.output<typeof simulationSettings>;

/** The moment at which a simulation begins that does not say when: the next Monday, so that its week is a whole one. */
export function nextMonday(nowMs: number): number {
  const today = Math.floor(nowMs / dayMs);
  // 1970-01-01 was a Thursday.
  return (today + ((11 - (today % 7)) % 7 || 7)) * dayMs;
}

/** Five seconds between looks up to 25,000 contacts, and no more than twenty however many there are. */
export const stepOf = ({ stepMs, contacts }: SimulationSettings): number =>
  stepMs ?? Math.min(20_000, Math.max(5_000, Math.round(contacts / 5_000) * 1_000));
