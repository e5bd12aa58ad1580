import { setTimeout as sleep } from 'node:timers/promises';
import { type DialerLimits, type Pacer, tick } from '../../core/campaigns/engine/index.ts';
import type { Context } from '../../core/context.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';

const stopPatienceMs = 3_000;

interface DialerOptions {
  readonly ctx: Context;
  readonly pacer: Pacer;
  readonly limits: DialerLimits;
  readonly log: Logger;
  readonly everyMs?: number;
}

/**
 * Looks at the running campaigns twice a second. Any number of processes may have one; Postgres lets one look at a
 * time. No queue drives it: campaigns are rows, and a Redis that was lost has no say in whether people are called.
 */
export class Dialer {
  readonly #options: Required<DialerOptions>;
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #loop: Promise<void> | undefined;
  #failing = false;

  constructor(options: DialerOptions) {
    this.#options = { everyMs: 500, ...options };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    // A look that takes too long is let go: what it has not committed has not happened.
    await Promise.race([this.#loop, sleep(stopPatienceMs, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    const { ctx, pacer, limits, log, everyMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const ticked = await tick(ctx, { pacer, limits });
        if (ticked && ticked.placed > 0) log.info({ ...ticked }, 'campaigns placed calls');
        if (this.#failing) log.info('campaigns are being looked after again');
        this.#failing = false;
      } catch (error) {
        // Once, not twice a second: Postgres or Redis may be away for long.
        if (!this.#failing) log.error({ err: error }, 'campaigns cannot be looked after, trying on');
        this.#failing = true;
      }
      await this.#pause(everyMs);
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

export const dialerLimits = (env: Config['env']): DialerLimits => ({
  inboundShare: env.DIALER_INBOUND_SHARE,
  workspaceCalls: env.DIALER_WORKSPACE_CALLS,
  trunkCallsPerSecond: env.DIALER_TRUNK_CPS,
  trunkChannels: env.DIALER_TRUNK_CHANNELS,
});
