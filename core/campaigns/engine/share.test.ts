import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Room, share, type Want } from './share.ts';

const want = (id: string, over: Partial<Want> = {}): Want => ({
  ...{ id, workspaceId: 'w', weight: 100, active: 0, most: 1_000, trunks: ['t'] },
  ...over,
});
const room = (fleet: number, trunks: Record<string, number> = { t: 1_000 }, workspace = 1_000): Room => ({
  ...{ fleet, trunks: new Map(Object.entries(trunks)) },
  workspaces: new Map([['w', workspace]]),
});

test('gives by weight, so that a big campaign does not starve a small one', () => {
  const grants = share([want('big', { weight: 300 }), want('small')], room(40));
  expect([grants.get('big')?.total, grants.get('small')?.total]).toEqual([30, 10]);
  // One that has had everything so far waits until the other has caught up.
  const later = share([want('big', { active: 40 }), want('small')], room(10));
  expect([later.get('big')?.total, later.get('small')?.total]).toEqual([0, 10]);
});

test('what one cannot use the others get', () => {
  const grants = share([want('few', { most: 3 }), want('many')], room(20));
  expect([grants.get('few')?.total, grants.get('many')?.total]).toEqual([3, 17]);
  expect([grants.get('few')?.limit, grants.get('many')?.limit]).toEqual(['none', 'slots']);
});

test('says what held a campaign back', () => {
  expect(share([want('a')], room(0)).get('a')?.limit).toBe('slots');
  expect(share([want('a')], room(9, { t: 2 })).get('a')).toMatchObject({ total: 2, limit: 'trunk' });
  expect(share([want('a')], room(9, { t: 9 }, 1)).get('a')).toMatchObject({ total: 1, limit: 'workspace' });
});

test('whatever is wanted: no resource is given twice, nobody gets more than they want, nothing lies idle', () => {
  const anyWant = fc.record({
    weight: fc.integer({ min: 1, max: 1_000 }),
    active: fc.integer({ min: 0, max: 50 }),
    most: fc.integer({ min: 0, max: 40 }),
    trunks: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
    workspaceId: fc.constantFrom('v', 'w'),
  });
  fc.assert(
    fc.property(
      fc.array(anyWant, { maxLength: 8 }),
      fc.tuple(...Array.from({ length: 6 }, () => fc.integer({ min: 0, max: 60 }))),
      (given, [fleet = 0, x = 0, y = 0, z = 0, v = 0, w = 0]) => {
        const wants = given.map((one, index) => ({ ...one, id: String(index) }));
        const trunks = new Map(Object.entries({ x, y, z }));
        const workspaces = new Map(Object.entries({ v, w }));
        const grants = share(wants, { fleet, trunks, workspaces });
        const used = new Map<string, number>();
        let total = 0;
        for (const one of wants) {
          const grant = grants.get(one.id);
          expect(grant?.total).toBeLessThanOrEqual(one.most);
          total += grant?.total ?? 0;
          used.set(one.workspaceId, (used.get(one.workspaceId) ?? 0) + (grant?.total ?? 0));
          for (const [trunk, count] of grant?.trunks ?? []) {
            expect(one.trunks).toContain(trunk);
            used.set(trunk, (used.get(trunk) ?? 0) + count);
          }
        }
        expect(total).toBeLessThanOrEqual(fleet);
        for (const [name, free] of [...trunks, ...workspaces])
          expect(used.get(name) ?? 0).toBeLessThanOrEqual(free);
        for (const one of wants) {
          const grant = grants.get(one.id);
          const idle =
            total < fleet &&
            (used.get(one.workspaceId) ?? 0) < (workspaces.get(one.workspaceId) ?? 0) &&
            one.trunks.some((trunk) => (used.get(trunk) ?? 0) < (trunks.get(trunk) ?? 0));
          if (idle) expect(grant?.total).toBe(one.most);
        }
      },
    ),
  );
});
