import type { Disposition } from '../../../db/schema/calls.ts';
import type { Campaign } from '../campaign.ts';
import type { Decided, Question } from '../ledger/index.ts';
import type { RegistryFacts } from '../rules/index.ts';
import type { CallerId } from './caller-id.ts';
import type { Ended } from './day.ts';
import type { DueQuestion, Postponed, Waiting } from './due-contacts.ts';
import type { Attempt, Person } from './person.ts';
import type { Change } from './what-next.ts';

/** Somebody who may be called, from which number, and the id of the attempt. */
export interface Placed {
  readonly id: string;
  readonly contact: Person;
  readonly from: CallerId;
}

/** An attempt that is taken back before anything has rung. */
export interface Withdrawal {
  readonly reason: string;
  /** When the contact is looked at again; null: never, it is blocked for good. */
  readonly nextAtMs: number | null;
  readonly atMs: number;
}

/**
 * What the engine reads and writes of contacts and attempts. The product keeps its books in PostgreSQL, within the
 * transaction of whoever asks (database-books.ts); a simulation keeps them in memory
 * (simulation/memory/memory-books.ts). What is read to be changed is locked until the transaction ends, always in the
 * order of the ids.
 */
export interface Books {
  campaign(id: string): Promise<Campaign | undefined>;
  decide(question: Question): Promise<Decided[]>;

  /** The call registries that the workspace keeps. */
  registries(workspaceId: string): Promise<readonly RegistryFacts[]>;
  /** How many wait, by window key and priority. */
  waiting(campaignId: string): Promise<readonly Waiting[]>;
  /** The pool of caller IDs whose trunks are set up, by number. */
  callerIds(campaignId: string): Promise<readonly CallerId[]>;
  due(question: DueQuestion): Promise<readonly Person[]>;
  /** Those of the numbers that a campaign of the workspace is calling right now. */
  onThePhone(workspaceId: string, phones: readonly string[]): Promise<ReadonlySet<string>>;
  putBack(postponed: readonly Postponed[]): Promise<void>;
  /** Writes attempts, calls, and the messages that have them dialed. */
  place(
    campaign: Campaign,
    placed: readonly Placed[],
    how: { readonly costMicros: number; readonly atMs: number },
  ): Promise<void>;

  attempts(ids: readonly string[]): Promise<readonly Attempt[]>;
  people(own: readonly Attempt[]): Promise<ReadonlyMap<string, Person>>;
  withdraw(attempt: Attempt, withdrawal: Withdrawal): Promise<void>;
  /** From here on their INVITEs may leave. */
  startDialing(clear: readonly Attempt[], atMs: number): Promise<void>;

  /** Numbers of these attempts that must not be called any more. */
  listed(campaign: Campaign, own: readonly Attempt[]): Promise<ReadonlySet<string>>;
  /** Closes attempts whose calls are over, and counts them into their days. */
  close(campaignId: string, ended: readonly Ended[]): Promise<void>;
  /** Calls that were asked for in these and are due before `end`, by attempt; the campaign keeps the promise. */
  takeCallBacks(own: readonly Attempt[], end: Date | null): Promise<ReadonlyMap<string, Date>>;
  /** How all calls to the people of these attempts ended, by contact, oldest first. */
  outcomes(own: readonly Attempt[]): Promise<ReadonlyMap<string, readonly Disposition[]>>;
  changeContacts(changes: readonly Change[]): Promise<void>;
  /** How often a contact's calls could not be prepared. */
  timesNotDialed(contactId: string): Promise<number>;
}
