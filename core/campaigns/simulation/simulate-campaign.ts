import { eq, sql } from 'drizzle-orm';
import { type OneConnection, oneConnection } from '../../../db/one-connection.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { foldContactCounts } from '../../contacts/counts.ts';
import type { Services } from '../../context.ts';
import type { HostHeartbeat } from '../../fleet.ts';
import { type DialerLimits, tick } from '../engine/index.ts';
import { nextLegalMoment, placeOfKey } from '../rules/index.ts';
import { type LiveCall, PhoneCalls } from './phone-calls.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type CampaignReport, reportOf } from './report.ts';
import { nextMonday, type SimulationSettings, stepOf } from './settings.ts';
import { steppedPacer } from './stepped-pacer.ts';
import { Timetable } from './timetable.ts';

/** From the look that places a call to its INVITE: an agent gets ready. */
const readyMs = 1_000;
/** Between two looks while few are due and most lines are free, so that nobody waits for a line. */
const quietMs = 120_000;
const dayMs = 86_400_000;

/**
 * Plays a campaign through: the product's own engine, with its database, its rules and its ledger, on a virtual clock
 * against callees by statistics; judged at the end. `services` with a migrated database that nobody else uses.
 */
export async function simulateCampaign(
  services: Services,
  settings: SimulationSettings,
): Promise<CampaignReport> {
  const { db, together, close } = await oneConnection(services.db);
  try {
    return await new Simulation({ ...services, db }, settings, together).run();
  } finally {
    await close();
  }
}

class Simulation {
  readonly #settings: SimulationSettings;
  readonly #services: Services;
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #answers = new Timetable<LiveCall>();
  readonly #ends = new Timetable<LiveCall>();
  readonly #together: OneConnection['together'];
  #nowMs: number;
  #peak = 0;

  constructor(services: Services, settings: SimulationSettings, together: OneConnection['together']) {
    this.#settings = settings;
    this.#together = together;
    this.#stepMs = stepOf(settings);
    this.#startMs = settings.startsAt === undefined ? nextMonday(Date.now()) : Date.parse(settings.startsAt);
    this.#nowMs = this.#startMs;
    this.#services = {
      ...services,
      clock: () => this.#nowMs,
      ports: { ...services.ports, fleet: { hosts: async () => [this.#host()], activeRooms: async () => 0 } },
    };
  }

  async run(): Promise<CampaignReport> {
    const begun = performance.now();
    const prepared = await prepare(this.#services, this.#settings);
    const ready = performance.now();
    await this.#play(prepared);
    const played = performance.now();
    const report = await reportOf(prepared, this.#settings, {
      ...{ startMs: this.#startMs, endMs: this.#nowMs, stepMs: this.#stepMs, peak: this.#peak },
    });
    const judged = performance.now();
    return {
      ...report,
      tookMs: { prepare: ready - begun, play: played - ready, judge: judged - played, all: judged - begun },
    };
  }

  async #play({ ctx, workspaceId, campaignId }: Prepared): Promise<void> {
    const phone = new PhoneCalls(ctx, workspaceId, this.#settings);
    const pacer = steppedPacer(this.#stepMs);
    const { channels, callsPerSecond, days } = this.#settings;
    const limits: DialerLimits = {
      ...{ inboundShare: 0, workspaceCalls: Number.MAX_SAFE_INTEGER },
      ...{ trunkChannels: channels, trunkCallsPerSecond: callsPerSecond },
    };
    const lastMs = this.#startMs + days * dayMs;
    for (let looks = 0; ; looks++) {
      const late = this.#nowMs >= lastMs;
      const ticked = await this.#together(async () => {
        const ended = this.#ends.take(this.#nowMs);
        const over = new Set(ended);
        await phone.answer(this.#answers.take(this.#nowMs).filter((call) => !over.has(call)));
        await phone.end(ended);
        const ticked = late ? null : await tick(ctx, { pacer, limits });
        if (looks % 16 === 0) await foldContactCounts(this.#services.db, campaignId);
        if (ticked && ticked.placed > 0) await this.#invite(phone);
        return ticked;
      });
      if (looks % 32 === 31) await this.#cleanUp();
      if (this.#ends.size === 0 && (late || !(await this.#isRunning(campaignId)))) return;
      this.#nowMs =
        ticked?.considered && !this.#isQuiet(ticked.placed)
          ? this.#nowMs + this.#stepMs
          : await this.#next(campaignId, lastMs);
    }
  }

  /** Where every look removes what it has written, as autovacuum does it in the product; here at the same looks in every run. */
  async #cleanUp(): Promise<void> {
    await this.#services.db.execute(sql`vacuum contact_counts, outbox`);
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
  async #next(campaignId: string, lastMs: number): Promise<number> {
    const on = this.#ends.size;
    const soon = this.#nowMs + (this.#isQuiet(0) ? quietMs : this.#stepMs);
    // Where all lines are taken, the end of a call is what happens next.
    if (on >= this.#lines) return Math.max(soon, Math.min(this.#ends.firstMs, lastMs));
    // Calls that end meanwhile may bring somebody who is due soon.
    if (on > 0) return soon;
    const dueMs = await this.#dueMs(campaignId);
    return dueMs === null ? soon : Math.max(soon, Math.min(dueMs, lastMs));
  }

  /** When the first of those who wait is due and may be called. */
  async #dueMs(campaignId: string): Promise<number | null> {
    const { rows } = await this.#services.db.execute<{ key: string; due: string }>(sql`
      select window_key as key, (extract(epoch from min(next_attempt_at)) * 1000)::bigint as due from contacts
      where campaign_id = ${campaignId} and state = 'waiting' group by window_key`);
    const moments = rows.flatMap(({ key, due }) => {
      const fromMs = Math.max(this.#nowMs, Number(due));
      return nextLegalMoment(this.#settings.rules, placeOfKey(key), fromMs) ?? [];
    });
    return moments.length === 0 ? null : Math.min(...moments);
  }

  async #isRunning(campaignId: string): Promise<boolean> {
    const [campaign] = await this.#services.db
      .select({ status: campaigns.status })
      .from(campaigns)
      .where(eq(campaigns.id, campaignId));
    return campaign?.status === 'running';
  }

  #host(): HostHeartbeat {
    return {
      ...{ hostId: 'simulated', agentName: 'simulated', pid: 1, calls: [], draining: false, loopDelayMs: 0 },
      ...{ slots: this.#settings.slots, active: this.#ends.size, rssBytes: 0, nodeVersion: process.version },
      at: this.#nowMs,
    };
  }
}
