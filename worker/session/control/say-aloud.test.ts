import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../../platform/log.ts';
import type { Speech } from '../speech.ts';
import { sayAloud } from './say-aloud.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const log = createLogger('test', { level: 'silent' });
type Said = Awaited<ReturnType<Speech['sayAtLength']>>;
const after = <T>(ms: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), ms));

/** What is answered, and when; `queued` says whether the words are still wanted when the voice has them. */
async function answer(speak: (signal: AbortSignal) => Promise<Said>) {
  const startedAt = Date.now();
  const sayAtLength = (_text: string, _source: string, signal: AbortSignal) => speak(signal);
  const answered = sayAloud(
    { log },
    { sayAtLength } as Pick<Speech, 'sayAtLength'>,
    'The doctor is late.',
  ).then(
    (detail) => ({ detail, ms: Date.now() - startedAt }),
    (error: Error) => ({ refused: error.message, ms: Date.now() - startedAt }),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  return await answered;
}

test('is answered when the first word is heard', async () => {
  expect(await answer(async () => after(300, { begun: after(500, true) }))).toEqual({
    ...{ detail: 'The agent says it.', ms: 500 },
  });
});

test('waits for nobody who talks for long: it comes next', async () => {
  const { detail, ms } = (await answer(async () => ({ begun: after(9_000, true) }))) as Record<
    string,
    unknown
  >;
  expect(detail).toBe('The agent says it next.');
  expect(ms).toBeLessThan(2_000);
});

test('is refused when the voice is gone, takes too long, the caller is first, or the call is over', async () => {
  const gone = await answer(() => Promise.reject(new Error('ECONNREFUSED')));
  expect(gone).toMatchObject({ refused: expect.stringContaining('voice has failed') });
  let wanted = true;
  const slow = await answer(async (signal) => {
    await after(5_000, undefined);
    wanted = !signal.aborted;
    signal.throwIfAborted();
    return undefined;
  });
  expect(slow).toMatchObject({ refused: expect.stringContaining('does not answer in time') });
  expect(slow.ms).toBeLessThan(2_000);
  expect(wanted).toBe(false);
  const cut = await answer(async () => ({ begun: after(100, false) }));
  expect(cut).toMatchObject({ refused: expect.stringContaining('spoken first') });
  expect(await answer(async () => undefined)).toMatchObject({ refused: 'The call is over.' });
});
