import { setTimeout as sleep } from 'node:timers/promises';

interface RetryOptions {
  readonly attempts: number;
  readonly baseMs?: number;
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
  /** Return false to give up at once. */
  readonly retryIf?: (error: unknown) => boolean;
}

/** Tries again with doubling delays and full jitter; throws the last error. */
export async function retry<T>(run: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, baseMs = 100, maxMs = 5_000, signal, retryIf = () => true } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !retryIf(error)) throw error;
      const delayMs = Math.min(maxMs, baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      await sleep(delayMs, undefined, signal ? { signal } : {});
    }
  }
}

/** Asks until the answer is truthy; throws after `timeoutMs` with the name of what never came. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false | null> | T | undefined | false | null,
  {
    timeoutMs = 10_000,
    everyMs = 50,
    signal,
  }: { timeoutMs?: number; everyMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await sleep(everyMs, undefined, signal ? { signal } : {});
  }
}
