import type { Consent, ContactState } from '../../../../db/schema/contacts.ts';
import type { DueQuestion, Group, Waiting } from '../../engine/due-contacts.ts';
import type { Person } from '../../engine/person.ts';
import { Timetable } from '../timetable.ts';
import type { Dial } from './dials.ts';
import { inOrder } from './in-order.ts';

/** A contact of a simulation. Only MemoryContacts changes what can change of it. */
export interface MemoryContact extends Person {
  readonly id: string;
  readonly phone: string;
  readonly windowKey: string;
  readonly consent: Consent;
  state: ContactState;
  attempts: number;
  priority: number;
  nextAtMs: number;
  /** Its attempts, the first one first. */
  readonly dials: Dial[];
  /** Counts its changes: a place in a queue holds for one of them. */
  change: number;
}

interface Place {
  readonly contact: MemoryContact;
  readonly change: number;
}

interface Queue extends Group {
  readonly due: Timetable<Place>;
  waiting: number;
}

interface Move {
  readonly state: ContactState;
  readonly nextAtMs?: number | undefined;
  readonly priority?: number | undefined;
}

const usualPriority = 5;

/** The contacts of one campaign: by id, by number, and in the order in which they are due. */
export class MemoryContacts {
  readonly #byId = new Map<string, MemoryContact>();
  /** People of a simulation do not share a number. */
  readonly #byPhone = new Map<string, MemoryContact>();
  readonly #queues = new Map<string, Queue>();
  readonly #counts = new Map<ContactState, number>();

  add(given: Pick<MemoryContact, 'id' | 'phone' | 'windowKey' | 'consent' | 'nextAtMs'>): void {
    const contact: MemoryContact = {
      ...{ ...given, state: 'waiting', attempts: 0, priority: usualPriority, change: 0 },
      ...{ dials: [], variables: {} },
    };
    this.#byId.set(contact.id, contact);
    this.#byPhone.set(contact.phone, contact);
    this.#enter(contact);
  }

  get(id: string): MemoryContact {
    const contact = this.#byId.get(id);
    if (!contact) throw new Error(`There is no contact ${id}.`);
    return contact;
  }

  withPhone(phone: string): MemoryContact | undefined {
    return this.#byPhone.get(phone);
  }

  count(state: ContactState): number {
    return this.#counts.get(state) ?? 0;
  }

  /** By state, in alphabetical order. */
  states(): Record<string, number> {
    return Object.fromEntries(inOrder(this.#counts).filter(([, count]) => count > 0));
  }

  move(contact: MemoryContact, { state, nextAtMs, priority }: Move): void {
    this.#leave(contact);
    contact.change++;
    contact.state = state;
    contact.nextAtMs = nextAtMs ?? contact.nextAtMs;
    contact.priority = priority ?? contact.priority;
    this.#enter(contact);
  }

  waiting(): Waiting[] {
    return [...this.#queues.values()].flatMap(({ key, priority, waiting }) =>
      waiting > 0 ? [{ key, priority, waiting }] : [],
    );
  }

  /** The next ones to be called. Whoever is handed out has to be moved. */
  due({ groups, most, nowMs }: DueQuestion): MemoryContact[] {
    const queues = groups.flatMap((group) => this.#queues.get(nameOf(group.key, group.priority)) ?? []);
    const due: MemoryContact[] = [];
    while (due.length < most) {
      let next: Queue | undefined;
      for (const queue of queues) {
        const atMs = this.#firstOf(queue);
        if (atMs <= nowMs && (next === undefined || isBefore(queue, next))) next = queue;
      }
      const place = next?.due.shift();
      if (!place) break;
      due.push(place.contact);
    }
    return due;
  }

  /** When the first of those who wait is due, by window key. */
  firstDue(): { key: string; dueMs: number }[] {
    return [...this.#queues.values()].flatMap((queue) =>
      queue.waiting > 0 ? [{ key: queue.key, dueMs: this.#firstOf(queue) }] : [],
    );
  }

  /** Of those who still wait where they stand. */
  #firstOf({ due }: Queue): number {
    for (let first = due.first; first && first.change !== first.contact.change; first = due.first)
      due.shift();
    return due.firstMs;
  }

  #enter(contact: MemoryContact): void {
    const { state, windowKey: key, priority } = contact;
    this.#counts.set(state, this.count(state) + 1);
    if (state !== 'waiting') return;
    const name = nameOf(key, priority);
    const queue = this.#queues.get(name) ?? { key, priority, due: new Timetable<Place>(), waiting: 0 };
    this.#queues.set(name, queue);
    queue.waiting++;
    queue.due.add(contact.nextAtMs, { contact, change: contact.change });
  }

  #leave({ state, windowKey, priority }: MemoryContact): void {
    this.#counts.set(state, this.count(state) - 1);
    const queue = state === 'waiting' ? this.#queues.get(nameOf(windowKey, priority)) : undefined;
    if (queue) queue.waiting--;
  }
}

const nameOf = (key: string, priority: number): string => `${priority} ${key}`;

/** Higher priorities first, then who has been due for longer. */
const isBefore = (one: Queue, other: Queue): boolean =>
  one.priority > other.priority || (one.priority === other.priority && one.due.firstMs < other.due.firstMs);
