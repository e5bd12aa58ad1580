import type { Logger } from './log.ts';

/** Runs a promise that nobody awaits; a failure becomes a log line instead of an unhandled rejection. */
export function background(log: Logger, what: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => log.error({ err: error, what }, 'background work failed'));
}
