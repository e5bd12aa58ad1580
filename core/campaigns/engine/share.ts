/** One campaign that wants to place calls now. */
export interface Want {
  readonly id: string;
  readonly workspaceId: string;
  readonly weight: number;
  /** Calls it has on the way or going on. */
  readonly active: number;
  /** Calls it could place now by its own limits: concurrency, rate, budget, people. */
  readonly most: number;
  readonly trunks: readonly string[];
}

export interface Room {
  /** Of the worker fleet, beyond what is kept for calls that come in. */
  readonly fleet: number;
  readonly workspaces: ReadonlyMap<string, number>;
  readonly trunks: ReadonlyMap<string, number>;
}

/** What held a campaign back; `none`: it got all that it wanted. */
export type Limit = 'none' | 'slots' | 'workspace' | 'trunk';

export interface Grant {
  /** Calls by trunk. */
  readonly trunks: ReadonlyMap<string, number>;
  readonly total: number;
  readonly limit: Limit;
}

/**
 * Shares what is free: each call goes to whoever has the fewest calls for its weight, so that a big campaign cannot
 * starve a small one, and what one cannot use the others get. Of a campaign's trunks the one with most room takes the
 * call. Pure; nothing is given twice.
 */
export function share(wants: readonly Want[], room: Room): ReadonlyMap<string, Grant> {
  let fleet = room.fleet;
  const workspaces = new Map(room.workspaces);
  const trunks = new Map(room.trunks);
  const given = new Map(wants.map(({ id }) => [id, new Map<string, number>()]));
  const limits = new Map<string, Limit>();
  const totals = new Map<string, number>();
  const totalOf = (id: string) => totals.get(id) ?? 0;
  let open = wants.filter(({ id, most }) => {
    if (most <= 0) limits.set(id, 'none');
    return most > 0;
  });
  while (open.length > 0) {
    const next = open.reduce((least, want) =>
      load(want, totalOf(want.id)) < load(least, totalOf(least.id)) ? want : least,
    );
    const limit = limitOf(next);
    if (limit !== null) {
      limits.set(next.id, limit);
      open = open.filter((want) => want !== next);
      continue;
    }
    const trunk = widest(next);
    fleet--;
    workspaces.set(next.workspaceId, (workspaces.get(next.workspaceId) ?? 0) - 1);
    trunks.set(trunk, (trunks.get(trunk) ?? 0) - 1);
    totals.set(next.id, totalOf(next.id) + 1);
    const own = given.get(next.id);
    own?.set(trunk, (own.get(trunk) ?? 0) + 1);
  }
  return new Map(
    wants.map(({ id }) => [
      id,
      { trunks: given.get(id) ?? new Map(), total: totalOf(id), limit: limits.get(id) ?? 'none' },
    ]),
  );

  function limitOf(want: Want): Limit | null {
    if (totalOf(want.id) >= want.most) return 'none';
    if (fleet <= 0) return 'slots';
    if ((workspaces.get(want.workspaceId) ?? 0) <= 0) return 'workspace';
    return (trunks.get(widest(want)) ?? 0) <= 0 ? 'trunk' : null;
  }

  function widest(want: Want): string {
    return want.trunks.reduce(
      (best, trunk) => ((trunks.get(trunk) ?? 0) > (trunks.get(best) ?? 0) ? trunk : best),
      want.trunks[0] ?? '',
    );
  }
}

const load = ({ active, weight }: Want, granted: number): number => (active + granted) / weight;
