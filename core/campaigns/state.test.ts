import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CampaignStatus } from '../../db/schema/campaigns.ts';
import { campaignMoves, isLive, statusAfter } from './state.ts';

const statuses: readonly CampaignStatus[] = [
  ...(['draft', 'scheduled', 'running', 'paused', 'stopped', 'finished', 'archived'] as const),
];
const now = Date.parse('2026-03-03T12:00:00Z');
const anyStart = fc.option(fc.date({ noInvalidDate: true }), { nil: null });
const anyWalk = fc.array(fc.constantFrom(...campaignMoves), { maxLength: 30 });

function walk(moves: readonly (typeof campaignMoves)[number][], startsAt: Date | null): CampaignStatus[] {
  const way: CampaignStatus[] = ['draft'];
  for (const move of moves) {
    const next = statusAfter(way.at(-1) ?? 'draft', move, { startsAt }, now);
    if (next !== null) way.push(next);
  }
  return way;
}

test('whatever is asked in whatever order, nothing runs before its start, and nothing comes back from stopped', () => {
  fc.assert(
    fc.property(anyWalk, anyStart, (moves, startsAt) => {
      const way = walk(moves, startsAt);
      if (startsAt && startsAt.getTime() > now) expect(way).not.toContain('running');
      const stopped = way.indexOf('stopped');
      if (stopped >= 0) expect(way.slice(stopped + 1).every((status) => status === 'archived')).toBe(true);
      const archived = way.indexOf('archived');
      if (archived >= 0) expect(way.slice(archived + 1)).toEqual([]);
    }),
  );
});

test('only what is live can be paused, stopped or finished, and only what is not can be archived', () => {
  for (const status of statuses) {
    const after = (move: (typeof campaignMoves)[number]) =>
      statusAfter(status, move, { startsAt: null }, now);
    expect(after('stop') !== null).toBe(isLive(status));
    expect(after('finish') !== null).toBe(isLive(status));
    expect(after('archive') !== null && isLive(status)).toBe(false);
    expect(after('resume')).toBe(status === 'paused' ? 'running' : null);
  }
});
