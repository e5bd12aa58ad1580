import type { Campaign } from '../campaign.ts';
import { attemptId } from '../rules/index.ts';
import type { Books } from './books.ts';
import { type CallerId, pickCallerId } from './caller-id.ts';
import { type Group, nextLookMs, type OpenGroups, openGroups, type Postponed } from './due-contacts.ts';
import type { Person } from './person.ts';
import { judged, rulesOf } from './rules-of.ts';

const minuteMs = 60_000;
/** Somebody whom another campaign is calling right now. */
const onThePhoneMs = 5 * minuteMs;
/** How often the refused are made up for within one turn. */
const rounds = 4;

/** What a campaign may place in one look. */
export interface Turn {
  readonly campaignId: string;
  /** Calls by trunk. */
  readonly slots: Readonly<Record<string, number>>;
  /** What is set aside from the budget for each call. */
  readonly costMicros: number;
  readonly atMs: number;
}

export interface Reserved extends Pick<OpenGroups, 'callable' | 'opensAtMs' | 'blind'> {
  /** Calls by trunk that were placed. */
  readonly placed: ReadonlyMap<string, number>;
  readonly considered: number;
}

/** Takes the next people of a running campaign, judges each of them, and places a call to those who may be called. */
export async function placeCalls(
  books: Books,
  campaign: Campaign,
  { slots, costMicros, atMs }: Turn,
): Promise<Reserved> {
  const registries = await books.registries(campaign.workspaceId);
  const open = openGroups(await books.waiting(campaign.id), rulesOf(campaign), registries, atMs);
  const placing = new Placing(books, campaign, new Map(Object.entries(slots)), costMicros, atMs);
  const considered = await placing.fill(open.groups, await books.callerIds(campaign.id));
  const { callable, opensAtMs, blind } = open;
  return { callable, opensAtMs, blind, placed: placing.placed, considered };
}

/** One turn of one campaign. */
class Placing {
  readonly placed = new Map<string, number>();
  readonly #books: Books;
  readonly #campaign: Campaign;
  readonly #room: Map<string, number>;
  readonly #costMicros: number;
  readonly #atMs: number;
  readonly #used = new Map<string, number>();

  constructor(books: Books, campaign: Campaign, room: Map<string, number>, costMicros: number, atMs: number) {
    this.#books = books;
    this.#campaign = campaign;
    this.#room = room;
    this.#costMicros = costMicros;
    this.#atMs = atMs;
  }

  /** Returns how many people were looked at. */
  async fill(groups: readonly Group[], pool: readonly CallerId[]): Promise<number> {
    let considered = 0;
    for (let round = 0; round < rounds; round++) {
      const most = [...this.#room.values()].reduce((sum, free) => sum + free, 0);
      if (most === 0) break;
      const due = await this.#books.due({
        ...{ campaignId: this.#campaign.id, groups, most, nowMs: this.#atMs },
      });
      if (due.length === 0) break;
      considered += due.length;
      const allowed = await this.#judge(await this.#notOnThePhone(due), pool);
      await this.#place(allowed, pool);
      if (due.length < most) break;
    }
    return considered;
  }

  /** One call to a number at a time, whichever campaign makes it. */
  async #notOnThePhone(due: readonly Person[]): Promise<Person[]> {
    const phones = due.map(({ phone }) => phone);
    const busy = new Set(await this.#books.onThePhone(this.#campaign.workspaceId, phones));
    const free: Person[] = [];
    const later: Postponed[] = [];
    for (const contact of due) {
      if (busy.has(contact.phone))
        later.push({ id: contact.id, nextAtMs: this.#atMs + onThePhoneMs, reason: '' });
      else free.push(contact);
      busy.add(contact.phone);
    }
    await this.#books.putBack(later);
    return free;
  }

  async #judge(due: readonly Person[], pool: readonly CallerId[]): Promise<Person[]> {
    const hasOnlyTheirs = (phone: string) => pool.length > 0 && pool.every(({ e164 }) => e164 === phone);
    const decided = await this.#books.decide({
      campaign: judged(this.#campaign),
      stage: 'queue',
      atMs: this.#atMs,
      contacts: due.map(({ id, phone, windowKey, consent, attempts }) => ({
        ...{ id, phone, windowKey, consent, attemptId: attemptId(id, attempts + 1) },
        ownNumber: hasOnlyTheirs(phone),
      })),
    });
    const refused = decided.filter(({ judgement }) => !judgement.allowed);
    await this.#books.putBack(
      refused.map(({ contactId, judgement }) => ({
        ...{ id: contactId, reason: judgement.reason, nextAtMs: nextLookMs(judgement, this.#atMs) },
      })),
    );
    const out = new Set(refused.map(({ contactId }) => contactId));
    return due.filter((contact) => !out.has(contact.id));
  }

  async #place(allowed: readonly Person[], pool: readonly CallerId[]): Promise<void> {
    if (allowed.length === 0) return;
    const { localPresence } = this.#campaign;
    const placed = allowed.flatMap((contact) => {
      const id = attemptId(contact.id, contact.attempts + 1);
      const free = pool.filter(({ trunk }) => (this.#room.get(trunk) ?? 0) > 0);
      const from = pickCallerId(free, {
        ...{ phone: contact.phone, localPresence, used: this.#used },
        turn: Number.parseInt(id.slice(0, 8), 16),
      });
      if (!from) return [];
      this.#used.set(from.id, (this.#used.get(from.id) ?? 0) + 1);
      this.#room.set(from.trunk, (this.#room.get(from.trunk) ?? 0) - 1);
      this.placed.set(from.trunk, (this.placed.get(from.trunk) ?? 0) + 1);
      return [{ contact, from, id }];
    });
    const taken = new Set(placed.map(({ contact }) => contact.id));
    const left = allowed.filter(({ id }) => !taken.has(id));
    // No number is left to call them from, in this turn.
    await this.#books.putBack(left.map(({ id }) => ({ id, nextAtMs: this.#atMs + minuteMs, reason: '' })));
    const how = { costMicros: this.#costMicros, atMs: this.#atMs };
    if (placed.length > 0) await this.#books.place(this.#campaign, placed, how);
  }
}
