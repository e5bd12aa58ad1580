import type { Services } from '../../context.ts';
import type { DialerLimits } from '../engine/index.ts';
import { nextLegalMoment, placeOfKey } from '../rules/index.ts';
import { databaseWorld } from './database-world.ts';
import { memoryWorld } from './memory/memory-world.ts';
import { type LiveCall, PhoneCalls } from './phone-calls.ts';
import { type CampaignReport, reportOf } from './report.ts';
import { nextMonday, type SimulationSettings, stepOf } from './settings.ts';
import { steppedPacer } from './stepped-pacer.ts';
import { Timetable } from './timetable.ts';
import type { Town, World } from './world.ts';

/** From the look that places a call to its INVITE: an agent gets ready. */
const readyMs = 1_000;
/** Between two looks while few are due and most lines are free, so that nobody waits for a line. */
const quietMs = 120_000;
const dayMs = 86_400_000;

/**
 * Plays a campaign through: the product's own engine, with its rules, pacing, retries and ledger, on a virtual clock
 * against callees by statistics; judged at the end. Its books are in memory.
 */
export const simulateCampaign = (settings: SimulationSettings): Promise<CampaignReport> =>
  new Simulation(settings).run(async (town) => memoryWorld(settings, town));

/** The same in a migrated database that nobody else uses, with every statement of the product; slower by far. */
export const simulateInDatabase = (
  services: Services,
  settings: SimulationSettings,
): Promise<CampaignReport> => new Simulation(settings).run((town) => databaseWorld(services, settings, town));

class Simulation implements Town {
  readonly #settings: SimulationSettings;
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #answers = new Timetable<LiveCall>();
  readonly #ends = new Timetable<LiveCall>();
  #nowMs: number;
  #peak = 0;

  constructor(settings: SimulationSettings) {
    this.#settings = settings;
    this.#stepMs = stepOf(settings);
    this.#startMs = settings.startsAt === undefined ? nextMonday(Date.now()) : Date.parse(settings.startsAt);
    this.#nowMs = this.#startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  callsOn(): number {
    return this.#ends.size;
  }

  async run(worldOf: (town: Town) => Promise<World>): Promise<CampaignReport> {
    const begun = performance.now();
    const world = await worldOf(this);
    try {
      const ready = performance.now();
      await this.#play(world);
      const played = performance.now();
      const ran = { startMs: this.#startMs, endMs: this.#nowMs, stepMs: this.#stepMs, peak: this.#peak };
      const report = reportOf(await world.figures(ran), this.#settings, ran);
      const judged = performance.now();
      return {
        ...report,
        tookMs: { prepare: ready - begun, play: played - ready, judge: judged - played, all: judged - begun },
      };
    } finally {
      await world.close();
    }
  }

  async #play(world: World): Promise<void> {
    const phone = new PhoneCalls(world, this, this.#settings);
    const pacer = steppedPacer(this.#stepMs);
    const { channels, callsPerSecond, days } = this.#settings;
    const limits: DialerLimits = {
      ...{ inboundShare: 0, workspaceCalls: Number.MAX_SAFE_INTEGER },
      ...{ trunkChannels: channels, trunkCallsPerSecond: callsPerSecond },
    };
    const lastMs = this.#startMs + days * dayMs;
    for (;;) {
      const late = this.#nowMs >= lastMs;
      const ticked = await world.together(async () => {
        const ended = this.#ends.take(this.#nowMs);
        const over = new Set(ended);
        await phone.answer(this.#answers.take(this.#nowMs).filter((call) => !over.has(call)));
        await phone.end(ended);
        const ticked = late ? null : await world.look({ pacer, limits, nowMs: this.#nowMs });
        if (ticked && ticked.placed > 0) await this.#invite(phone);
        return ticked;
      });
      if (this.#ends.size === 0 && (late || !(await world.isRunning()))) return;
      this.#nowMs =
        ticked?.considered && !this.#isQuiet(ticked.placed)
          ? this.#nowMs + this.#stepMs
          : await this.#next(world, lastMs);
    }
  }

  async #invite(phone: PhoneCalls): Promise<void> {
    const lookedAtMs = this.#nowMs;
    this.#nowMs += Math.min(readyMs, this.#stepMs);
    for (const call of await phone.invite()) {
      if (call.answeredAfterMs !== null) this.#answers.add(call.invitedAtMs + call.answeredAfterMs, call);
      this.#ends.add(call.invitedAtMs + call.endedAfterMs, call);
    }
    this.#peak = Math.max(this.#peak, this.#ends.size);
    this.#nowMs = lookedAtMs;
  }

  /** Calls that can be on at once. */
  get #lines(): number {
    const { slots, channels, maxConcurrency } = this.#settings;
    return Math.min(slots, channels, maxConcurrency ?? slots);
  }

  #isQuiet(placed: number): boolean {
    return placed < 10 && this.#ends.size < this.#lines / 2;
  }

  /** Nobody was due, or nothing was free: when something happens again. */
  async #next(world: World, lastMs: number): Promise<number> {
    const on = this.#ends.size;
    const soon = this.#nowMs + (this.#isQuiet(0) ? quietMs : this.#stepMs);
    // Where all lines are taken, the end of a call is what happens next.
    if (on >= this.#lines) return Math.max(soon, Math.min(this.#ends.firstMs, lastMs));
    // Calls that end meanwhile may bring somebody who is due soon.
    if (on > 0) return soon;
    const dueMs = await this.#dueMs(world);
    return dueMs === null ? soon : Math.max(soon, Math.min(dueMs, lastMs));
  }

  /** When the first of those who wait is due and may be called. */
  async #dueMs(world: World): Promise<number | null> {
    const moments = (await world.firstDue()).flatMap(({ key, dueMs }) => {
      const fromMs = Math.max(this.#nowMs, dueMs);
      return nextLegalMoment(this.#settings.rules, placeOfKey(key), fromMs) ?? [];
    });
    return moments.length === 0 ? null : Math.min(...moments);
  }
}
