/** By name, as PostgreSQL orders them. */
export const inOrder = <T>(entries: Iterable<readonly [string, T]>): (readonly [string, T])[] =>
  [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
