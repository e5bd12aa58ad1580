/** After a first failure, and never more than the last one apart. */
const firstMs = 10_000;
const longestMs = 10 * 60_000;
/** What fails for hours is said now and then, not each time. */
const sayEveryMs = 10 * 60_000;

interface Trouble {
  failures: number;
  notBefore: number;
  saidAt: number;
}

/**
 * Files that could not be sent: each waits by itself, twice as long each time, and holds up no other. They stay on
 * disk; what is remembered here is only when to try again.
 */
export class Backoff {
  readonly #troubles = new Map<string, Trouble>();

  /**
   * Those whose turn it is: the ones that never failed first, then the ones that failed least. Forgets what is gone.
   *
   * @param now epoch ms; Infinity: all of them
   */
  due(files: readonly string[], now = Date.now()): string[] {
    const here = new Set(files);
    for (const file of this.#troubles.keys()) if (!here.has(file)) this.#troubles.delete(file);
    return files
      .filter((file) => (this.#troubles.get(file)?.notBefore ?? 0) <= now)
      .sort((a, b) => this.#failuresOf(a) - this.#failuresOf(b));
  }

  /** Answers whether this is worth a line in the log. */
  failed(file: string): boolean {
    const now = Date.now();
    const trouble = this.#troubles.get(file) ?? { failures: 0, notBefore: 0, saidAt: 0 };
    trouble.notBefore = now + Math.min(longestMs, firstMs * 2 ** trouble.failures);
    trouble.failures++;
    const isNews = now - trouble.saidAt >= sayEveryMs;
    if (isNews) trouble.saidAt = now;
    this.#troubles.set(file, trouble);
    return isNews;
  }

  #failuresOf(file: string): number {
    return this.#troubles.get(file)?.failures ?? 0;
  }
}
