/** A number that a campaign may show. */
export interface CallerId {
  readonly id: string;
  readonly e164: string;
  readonly trunk: string;
}

/**
 * The number to call somebody from, among those whose trunk has room: with local presence the area code of the person,
 * then their country; among equals the one that has called least in this round, then the next from `turn` on, which is
 * another one for each call: a round often has one. Pure.
 */
export function pickCallerId<N extends CallerId>(
  pool: readonly N[],
  {
    phone,
    localPresence,
    used,
    turn,
  }: {
    readonly phone: string;
    readonly localPresence: boolean;
    readonly used: ReadonlyMap<string, number>;
    readonly turn: number;
  },
): N | undefined {
  const others = pool.filter(({ e164 }) => e164 !== phone);
  const inTurn = [...others.slice(turn % others.length), ...others.slice(0, turn % others.length)];
  const near = (one: N) => (localPresence ? nearness(one.e164, phone) : 0);
  return inTurn.reduce<N | undefined>((best, one) => {
    if (best === undefined || near(one) > near(best)) return one;
    if (near(one) < near(best)) return best;
    return (used.get(one.id) ?? 0) < (used.get(best.id) ?? 0) ? one : best;
  }, undefined);
}

/** Digits that both begin with; in the North American plan only whole area codes count. */
function nearness(one: string, other: string): number {
  if (one.startsWith('+1') && other.startsWith('+1')) return one.slice(2, 5) === other.slice(2, 5) ? 5 : 2;
  let same = 0;
  while (same < 6 && same < one.length && one[same] === other[same]) same++;
  return same;
}
