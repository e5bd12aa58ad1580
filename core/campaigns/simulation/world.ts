import type { Clearance } from '../engine/clear-attempts.ts';
import type { LookOptions, Ticked } from '../engine/look.ts';
import type { FinishedCall } from '../engine/settle-attempts.ts';
import type { Figures, Ran } from './report.ts';

/** What a world knows of the town that is simulated in it. */
export interface Town {
  /** The virtual clock. */
  nowMs(): number;
  /** Calls that ring or go on. */
  callsOn(): number;
}

/** A call that the dialer has placed. */
export interface PlacedCall {
  readonly id: string;
  readonly contactId: string;
  /** Of the attempt: 1 for the first. */
  readonly number: number;
  readonly phone: string;
}

export interface AnsweredCall {
  readonly id: string;
  readonly answeredAt: Date;
  readonly firstWordAt: Date | null;
}

export interface EndedCall extends FinishedCall {
  readonly dialOutcome: 'answered' | 'busy' | 'no_answer';
  readonly sipStatus: number | null;
  readonly endReason: string;
}

/** What the telephone does to calls, many at once. In the product: dial job, worker and finalize job. */
export interface Phone {
  /** Those that the dialer has placed since, in the order of their ids. */
  takePlaced(): Promise<readonly PlacedCall[]>;
  clear(callIds: readonly string[], atMs: number): Promise<ReadonlyMap<string, Clearance>>;
  dial(callIds: readonly string[], atMs: number): Promise<void>;
  cancel(callIds: readonly string[], atMs: number): Promise<void>;
  answer(answered: readonly AnsweredCall[]): Promise<void>;
  /** Numbers that want no more calls, with the call of each. */
  optOut(callOf: ReadonlyMap<string, string>, atMs: number): Promise<void>;
  /** They are over, and every attempt is settled. */
  end(ended: readonly EndedCall[], atMs: number): Promise<void>;
}

/**
 * Where a simulated campaign lives: in memory, which is quick, or in the product's database, statement by statement.
 * Both run the same engine and come to the same figures (test/integration/simulate-campaign.test.ts).
 */
export interface World extends Phone {
  /** Everything that `work` does happens at once or not at all. */
  together<T>(work: () => Promise<T>): Promise<T>;
  look(options: LookOptions): Promise<Ticked | null>;
  isRunning(): Promise<boolean>;
  /** When the first of those who wait is due, by window key. */
  firstDue(): Promise<readonly { readonly key: string; readonly dueMs: number }[]>;
  figures(ran: Ran): Promise<Figures>;
  close(): Promise<void>;
}
