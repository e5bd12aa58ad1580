import type { Disposition } from '../../../../db/schema/calls.ts';
import type { Campaign } from '../../campaign.ts';
import type { Books } from '../../engine/books.ts';
import type { CallerId } from '../../engine/caller-id.ts';
import { type DayCounts, daysOf } from '../../engine/day.ts';
import type { Person } from '../../engine/person.ts';
import { rulesOf } from '../../engine/rules-of.ts';
import { type GatheredFacts, judgeAll, type Question } from '../../ledger/index.ts';
import { listDecision } from '../../ledger/record-decisions.ts';
import { type DialFact, placeOfKey, type RuleSettings } from '../../rules/index.ts';
import { MemoryContacts } from './contacts.ts';
import { MemoryDials } from './dials.ts';
import { MemoryLedger } from './ledger.ts';

/**
 * The engine's books of one campaign in memory. What each of them tells and changes is what database-books.ts reads and
 * writes; there are no other campaigns, no registries and nobody who asks for another call.
 */
export class MemoryBooks implements Books {
  readonly contacts = new MemoryContacts();
  readonly dials = new MemoryDials();
  readonly ledger = new MemoryLedger();
  readonly days = new Map<string, DayCounts>();
  readonly number: CallerId;
  running: Campaign;
  /** The do-not-call list of the workspace. */
  readonly #listed = new Set<string>();

  constructor(campaign: Campaign, number: CallerId) {
    this.running = campaign;
    this.number = number;
  }

  get rules(): RuleSettings {
    return rulesOf(this.running);
  }

  async campaign(): Promise<Campaign> {
    return this.running;
  }

  async decide(question: Question) {
    const { decided, rows } = judgeAll(question, this.#factsOf(question));
    this.ledger.append(rows);
    return decided;
  }

  #factsOf({ campaign, contacts }: Question): GatheredFacts {
    const facts = contacts.map(({ id, phone, windowKey, consent, ownNumber }) => ({
      ...{ rules: campaign.rules, place: placeOfKey(windowKey), consent, registries: [], ownNumber },
      listed: this.#listed.has(phone) ? ('workspace' as const) : null,
      dialed: this.contacts
        .get(id)
        .dials.flatMap(({ dialedAt }): DialFact[] =>
          dialedAt === null ? [] : [{ atMs: dialedAt.getTime(), sameCampaign: true }],
        ),
      before: { campaign: 0, workspace: 0 },
    }));
    return { facts, listVersion: this.#listed.size };
  }

  /** Puts numbers on the do-not-call list, as listNumbersNow does it. */
  list(
    phones: Iterable<string>,
    source: 'import' | 'opt_out',
    callOf: ReadonlyMap<string, string>,
    atMs: number,
  ): void {
    const { workspaceId } = this.running;
    for (const phone of phones) {
      if (this.#listed.has(phone)) continue;
      this.#listed.add(phone);
      const entry = { campaignId: null, listed: true, callId: callOf.get(phone) ?? null, atMs };
      const entryId = this.#listed.size;
      this.ledger.append([listDecision({ workspaceId, phone, source, entryId, ...entry })]);
      const contact = this.contacts.withPhone(phone);
      if (contact?.state === 'waiting') this.contacts.move(contact, { state: 'blocked' });
    }
  }

  async registries() {
    return [];
  }

  async waiting() {
    return this.contacts.waiting();
  }

  async callerIds() {
    return [this.number];
  }

  async due(question: Parameters<Books['due']>[0]): Promise<Person[]> {
    return this.contacts.due(question);
  }

  async onThePhone(_: string, phones: readonly string[]) {
    return new Set(phones.filter((phone) => this.dials.isOpen(phone)));
  }

  async putBack(postponed: Parameters<Books['putBack']>[0]): Promise<void> {
    for (const { id, nextAtMs } of postponed) {
      const contact = this.contacts.get(id);
      if (contact.state !== 'waiting' && contact.state !== 'reserved' && contact.state !== 'dialing')
        continue;
      this.contacts.move(contact, {
        state: nextAtMs === null ? 'blocked' : 'waiting',
        nextAtMs: nextAtMs ?? undefined,
      });
    }
  }

  async place(...[campaign, placed, { costMicros, atMs }]: Parameters<Books['place']>): Promise<void> {
    for (const one of placed) {
      const contact = this.contacts.get(one.contact.id);
      contact.dials.push(this.dials.place(campaign.id, one, costMicros, atMs));
      contact.attempts++;
      this.contacts.move(contact, { state: 'reserved' });
    }
  }

  async attempts(ids: readonly string[]) {
    return [...ids].sort().map((id) => this.dials.get(id));
  }

  async people(own: Parameters<Books['people']>[0]) {
    return new Map(own.map(({ contactId }) => [contactId, this.contacts.get(contactId)]));
  }

  async withdraw(...[attempt, { reason, nextAtMs }]: Parameters<Books['withdraw']>): Promise<void> {
    this.dials.close(this.dials.get(attempt.id), 'withdrawn', reason, 0);
    await this.putBack([{ id: attempt.contactId, nextAtMs, reason }]);
  }

  async startDialing(...[clear, atMs]: Parameters<Books['startDialing']>): Promise<void> {
    for (const { id, contactId } of clear) {
      Object.assign(this.dials.get(id), { state: 'dialing', dialedAt: new Date(atMs) });
      this.contacts.move(this.contacts.get(contactId), { state: 'dialing' });
    }
  }

  async listed(...[, own]: Parameters<Books['listed']>) {
    return new Set(own.flatMap(({ phone }) => (this.#listed.has(phone) ? [phone] : [])));
  }

  async close(...[, ended]: Parameters<Books['close']>): Promise<void> {
    for (const { attempt, outcome, costMicros } of ended)
      this.dials.close(this.dials.get(attempt.id), 'ended', outcome, costMicros);
    for (const [day, added] of daysOf(ended)) {
      const known = this.days.get(day);
      this.days.set(day, known ? sumOf(known, added) : added);
    }
  }

  async takeCallBacks() {
    return new Map<string, Date>();
  }

  async outcomes(own: Parameters<Books['outcomes']>[0]) {
    return new Map(
      own.map(({ contactId }) => [
        contactId,
        this.contacts
          .get(contactId)
          .dials.flatMap(({ state, outcome }) => (state === 'ended' ? [outcome as Disposition] : [])),
      ]),
    );
  }

  async changeContacts(changes: Parameters<Books['changeContacts']>[0]): Promise<void> {
    for (const { id, state, nextAt, priority } of changes)
      this.contacts.move(this.contacts.get(id), {
        ...{ state, nextAtMs: nextAt?.getTime(), priority: priority ?? undefined },
      });
  }

  async timesNotDialed(contactId: string): Promise<number> {
    const { dials } = this.contacts.get(contactId);
    return dials.filter(({ state, outcome }) => state === 'withdrawn' && outcome === 'not_dialed').length;
  }
}

const sumOf = (one: DayCounts, other: DayCounts): DayCounts => {
  const names = Object.keys(one) as (keyof DayCounts)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as DayCounts;
};
