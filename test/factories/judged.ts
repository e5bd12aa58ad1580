import { expect } from 'vitest';
import { judgeRange } from '../../core/campaigns/ledger/index.ts';
import type { Database } from '../../db/client.ts';

/** Everything that was ever dialed is judged again; returns how many decisions and calls that were. */
export async function judgedClean(db: Database): Promise<{ decisions: number; calls: number }> {
  const found: unknown[] = [];
  const to = new Date(Date.now() + 60_000);
  const { decisions, calls } = await judgeRange(db, { from: new Date(0), to }, (one) => found.push(one));
  expect(found).toEqual([]);
  return { decisions, calls };
}
