/** Waits, and no longer than until the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

/** A reason of its own: the one that AbortController makes up is an error with a stack, at every wait of every call. */
const over = 'over';

/** The first of several; undefined after `ms` or when the signal aborts. Work that loses goes on. */
export async function firstWithin<T>(
  ms: number,
  signal: AbortSignal,
  work: readonly Promise<T>[],
): Promise<T | undefined> {
  const done = new AbortController();
  const stop = () => done.abort(over);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const waiting = Number.isFinite(ms) ? pause(ms, done.signal) : untilAborted(done.signal);
    return await Promise.race([...work, waiting.then(() => undefined)]);
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
