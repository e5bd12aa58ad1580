import type { Violation } from '../ledger/index.ts';
import type { SimulationSettings } from './settings.ts';

/** What is counted and judged when a simulation is over. */
export interface Figures {
  readonly status: string;
  readonly statusReason: string;
  /** Contacts by state at the end. */
  readonly states: Readonly<Record<string, number>>;
  /** Calls by disposition. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls that the rules did not allow, by the reason in the ledger: decisions, and people. */
  readonly blocked: readonly {
    readonly reason: string;
    readonly decisions: number;
    readonly people: number;
  }[];
  /** Attempts that were placed and taken back before anything rang, by reason. */
  readonly withdrawn: Readonly<Record<string, number>>;
  readonly talkMs: number;
  readonly costMicros: number;
  readonly currency: string;
  readonly liveAnswered: number;
  readonly abandoned: number;
  readonly judged: {
    readonly decisions: number;
    readonly calls: number;
    readonly violations: readonly Violation[];
  };
}

/** What a simulation came to. Everything but `tookMs` follows from the settings. */
export interface CampaignReport extends Figures {
  readonly seed: string;
  readonly contacts: number;
  readonly startedAt: string;
  /** When nobody was left, or the campaign was halted; null: the days were over before. */
  readonly finishedAt: string | null;
  readonly stepMs: number;
  /** INVITEs. */
  readonly dialed: number;
  readonly peakConcurrency: number;
  readonly abandonShare: number;
  readonly tookMs: {
    readonly prepare: number;
    readonly play: number;
    readonly judge: number;
    readonly all: number;
  };
}

export interface Ran {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly peak: number;
}

/** At most this many violations are told one by one. */
const mostViolations = 1_000;

/** What is judged of a simulation, and where its violations are kept. */
export function judging({ startMs, endMs }: Ran) {
  const violations: Violation[] = [];
  return {
    violations,
    range: { from: new Date(startMs), to: new Date(endMs + 60_000) },
    found: (violation: Violation) => {
      if (violations.length < mostViolations) violations.push(violation);
    },
  };
}

export const reportOf = (
  figures: Figures,
  { seed, contacts }: SimulationSettings,
  { startMs, endMs, stepMs, peak }: Ran,
): Omit<CampaignReport, 'tookMs'> => ({
  ...{ seed, contacts, stepMs, peakConcurrency: peak, ...figures },
  startedAt: new Date(startMs).toISOString(),
  finishedAt: figures.status === 'running' ? null : new Date(endMs).toISOString(),
  dialed: Object.values(figures.outcomes).reduce((sum, count) => sum + count, 0),
  abandonShare: figures.liveAnswered === 0 ? 0 : figures.abandoned / figures.liveAnswered,
});
