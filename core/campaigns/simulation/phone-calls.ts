import type { Clearance } from '../engine/clear-attempts.ts';
import { type Played, play } from './farm.ts';
import type { SimulationSettings } from './settings.ts';
import type { EndedCall, Phone, Town } from './world.ts';

/** A call that rings or goes on. */
export interface LiveCall extends Played {
  readonly id: string;
  readonly phone: string;
  readonly invitedAtMs: number;
}

const later = (fromMs: number, afterMs: number | null): Date | null =>
  afterMs === null ? null : new Date(fromMs + afterMs);

/** The callees of a simulation pick up, talk and hang up. */
export class PhoneCalls {
  readonly #phone: Phone;
  readonly #town: Town;
  readonly #settings: SimulationSettings;

  constructor(phone: Phone, town: Town, settings: SimulationSettings) {
    this.#phone = phone;
    this.#town = town;
    this.#settings = settings;
  }

  /** Sends those on their way that the dialer has placed and that pass the last judgement. */
  async invite(): Promise<LiveCall[]> {
    const atMs = this.#town.nowMs();
    const placed = await this.#phone.takePlaced();
    if (placed.length === 0) return [];
    const clearances = await this.#phone.clear(idsOf(placed), atMs);
    const rings = ({ id }: { readonly id: string }) => isClear(clearances.get(id));
    const refused = placed.filter((call) => !rings(call));
    const ringing = placed.filter(rings);
    await this.#phone.dial(idsOf(ringing), atMs);
    if (refused.length > 0) await this.#phone.cancel(idsOf(refused), atMs);
    return ringing.map(
      ({ id, contactId, number, phone }): LiveCall => ({
        ...play(this.#settings, contactId, number),
        ...{ id, phone, invitedAtMs: atMs },
      }),
    );
  }

  /** They have picked up, and talk on. */
  async answer(calls: readonly LiveCall[]): Promise<void> {
    const answered = calls.flatMap(({ id, invitedAtMs, answeredAfterMs, firstWordAfterMs }) => {
      const answeredAt = later(invitedAtMs, answeredAfterMs);
      return answeredAt ? [{ id, answeredAt, firstWordAt: later(invitedAtMs, firstWordAfterMs) }] : [];
    });
    if (answered.length > 0) await this.#phone.answer(answered);
  }

  /** They are over: whoever asked for it is on the list, and every attempt is settled. */
  async end(ended: readonly LiveCall[]): Promise<void> {
    if (ended.length === 0) return;
    const atMs = this.#town.nowMs();
    const optedOut = ended.flatMap(({ fate, phone, id }) =>
      fate === 'optOut' ? [[phone, id] as const] : [],
    );
    if (optedOut.length > 0) await this.#phone.optOut(new Map(optedOut), atMs);
    await this.#phone.end(ended.map(endedCall), atMs);
  }
}

const idsOf = (calls: readonly { readonly id: string }[]): string[] => calls.map(({ id }) => id);
const isClear = (clearance: Clearance | undefined): boolean =>
  clearance !== undefined && 'clear' in clearance;

function endedCall(call: LiveCall): EndedCall {
  const { id, invitedAtMs, answeredAfterMs, firstWordAfterMs, endedAfterMs } = call;
  return {
    ...{ id, disposition: call.disposition, dialOutcome: call.dialOutcome, sipStatus: call.sipStatus },
    ...{ endReason: call.endReason, endDetail: null },
    answeredAt: later(invitedAtMs, answeredAfterMs),
    firstWordAt: later(invitedAtMs, firstWordAfterMs),
    endedAt: later(invitedAtMs, endedAfterMs),
    durationMs: answeredAfterMs === null ? 0 : endedAfterMs - answeredAfterMs,
  };
}
