import type { Logger } from './log.ts';

type Step = { readonly name: string; readonly run: () => Promise<unknown> | unknown };

/** Ends a process in order: steps run last-in-first-out, each bounded, once, on SIGTERM, SIGINT or a lost parent. */
export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Logger;
  readonly #stepTimeoutMs: number;
  #running: Promise<void> | undefined;
  readonly #started = new AbortController();

  constructor(log: Logger, { stepTimeoutMs = 10_000 }: { stepTimeoutMs?: number } = {}) {
    this.#log = log;
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  /** Aborted when the shutdown begins. */
  get signal(): AbortSignal {
    return this.#started.signal;
  }

  add(name: string, run: Step['run']): void {
    this.#steps.push({ name, run });
  }

  /** Listens for signals and, in a child of ours, for the loss of the parent's IPC channel. */
  listen(): void {
    const end = (reason: string) => {
      void this.run(reason).then(() => process.exit(0));
    };
    process.on('SIGTERM', () => end('SIGTERM'));
    process.on('SIGINT', () => end('SIGINT'));
    if (process.channel) process.on('disconnect', () => end('parent gone'));
  }

  run(reason: string): Promise<void> {
    this.#running ??= this.#runSteps(reason);
    return this.#running;
  }

  async #runSteps(reason: string): Promise<void> {
    this.#log.info({ reason }, 'stopping');
    this.#started.abort();
    for (const step of this.#steps.reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), this.#stepTimeoutMs);
      });
      try {
        if ((await Promise.race([Promise.resolve(step.run()), late])) === 'late')
          this.#log.warn({ step: step.name }, 'a shutdown step took too long');
      } catch (error) {
        this.#log.error({ err: error, step: step.name }, 'a shutdown step failed');
      } finally {
        clearTimeout(timer);
      }
    }
    this.#log.info('stopped');
  }
}
