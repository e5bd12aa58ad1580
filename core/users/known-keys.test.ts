import { expect, test, vi } from 'vitest';
import type { Database } from '../../db/client.ts';
import { forgetKeys, recallKey, rememberKey } from './known-keys.ts';

const identity = { actor: { kind: 'system', process: 'test' }, workspaceId: 'w', role: 'member' } as const;

test('a key is known for a second from before it was looked up, and not after it is forgotten', () => {
  vi.useFakeTimers({ now: 10_000 });
  try {
    const [db, other] = [{}, {}] as Database[];
    if (!db || !other) throw new Error('There are two.');
    rememberKey(db, 'hash', identity, 9_700);
    expect([recallKey(db, 'hash'), recallKey(other, 'hash')]).toEqual([identity, undefined]);
    vi.setSystemTime(10_699);
    expect(recallKey(db, 'hash')).toBe(identity);
    vi.setSystemTime(10_700);
    expect(recallKey(db, 'hash')).toBeUndefined();
    rememberKey(db, 'hash', identity, 10_700);
    forgetKeys(db);
    expect(recallKey(db, 'hash')).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});
