import type { Disposition } from '../../../../db/schema/calls.ts';
import { abandonAfterMs } from '../../../dispositions.ts';
import type { Placed } from '../../engine/books.ts';
import type { PaceEvidence } from '../../engine/pace.ts';
import type { Attempt } from '../../engine/person.ts';
import { lookBackMs } from '../../engine/trunk-evidence.ts';
import type { EndedCall } from '../world.ts';

/** An attempt and its call. */
export interface Dial extends Attempt {
  readonly number: number;
  readonly createdAtMs: number;
  state: Attempt['state'];
  dialedAt: Date | null;
  /** A disposition, or why it was withdrawn. */
  outcome: string | null;
  costMicros: number;
  call: {
    readonly answeredAt: Date | null;
    readonly firstWordAt: Date | null;
    readonly endedAt: Date | null;
    readonly disposition: Disposition | null;
    readonly sipStatus: number | null;
  };
}

const silent = { answeredAt: null, firstWordAt: null, endedAt: null, disposition: null, sipStatus: null };

/** The attempts of one campaign, with their calls. */
export class MemoryDials {
  readonly #byId = new Map<string, Dial>();
  readonly #open = new Set<Dial>();
  readonly #openPhones = new Set<string>();
  /** Ended lately: what the pace of a trunk goes by. */
  #lately: Dial[] = [];
  #placed: Dial[] = [];
  #openCosts = 0;

  get open(): number {
    return this.#open.size;
  }

  get openCosts(): number {
    return this.#openCosts;
  }

  all(): IterableIterator<Dial> {
    return this.#byId.values();
  }

  get(id: string): Dial {
    const dial = this.#byId.get(id);
    if (!dial) throw new Error(`There is no attempt ${id}.`);
    return dial;
  }

  isOpen(phone: string): boolean {
    return this.#openPhones.has(phone);
  }

  place(campaignId: string, { id, contact }: Placed, costMicros: number, atMs: number): Dial {
    const dial: Dial = {
      ...{ id, campaignId, contactId: contact.id, phone: contact.phone, number: contact.attempts + 1 },
      ...{ state: 'reserved', dialedAt: null, outcome: null, costMicros, createdAtMs: atMs, call: silent },
    };
    this.#byId.set(id, dial);
    this.#open.add(dial);
    this.#openPhones.add(dial.phone);
    this.#openCosts += costMicros;
    this.#placed.push(dial);
    return dial;
  }

  /** Those that were placed since, in the order of their ids. */
  takePlaced(): Dial[] {
    const placed = this.#placed.sort((one, other) => (one.id < other.id ? -1 : 1));
    this.#placed = [];
    return placed;
  }

  close(dial: Dial, state: 'ended' | 'withdrawn', outcome: string, costMicros: number): void {
    this.#open.delete(dial);
    this.#openPhones.delete(dial.phone);
    this.#openCosts -= dial.costMicros;
    Object.assign(dial, { state, outcome, costMicros });
    if (state === 'ended') this.#lately.push(dial);
  }

  endCall(dial: Dial, { answeredAt, firstWordAt, endedAt, disposition, sipStatus }: EndedCall): void {
    dial.call = { answeredAt, firstWordAt, endedAt, disposition, sipStatus };
  }

  /** As trunk-evidence.ts reads it from the database. */
  evidence({ sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number }): PaceEvidence {
    this.#lately = this.#lately.filter(({ call }) => isAfter(call.endedAt, sinceMs));
    const seen = { finished: 0, refused: 0, busy: 0, answered: 0, late: 0 };
    for (const dials of [this.#open, this.#lately])
      for (const { dialedAt, createdAtMs, call } of dials) {
        if (dialedAt === null || createdAtMs <= nowMs - lookBackMs) continue;
        const { answeredAt, firstWordAt, endedAt, disposition, sipStatus } = call;
        if (isAfter(endedAt, sinceMs)) {
          seen.finished++;
          if (sipStatus === 486) seen.busy++;
          else if (sipStatus !== null && unwilling.has(sipStatus)) seen.refused++;
        }
        if (answeredAt === null || !isAfter(firstWordAt ?? endedAt, sinceMs)) continue;
        seen.answered++;
        const waitedMs = (firstWordAt?.getTime() ?? Number.POSITIVE_INFINITY) - answeredAt.getTime();
        if (disposition !== 'voicemail' && waitedMs > abandonAfterMs) seen.late++;
      }
    return seen;
  }
}

const unwilling = new Set([500, 502, 503, 504]);
const isAfter = (at: Date | null, ms: number): boolean => at !== null && at.getTime() > ms;
