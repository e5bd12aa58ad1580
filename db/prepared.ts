import type { Database } from './client.ts';

/**
 * A query that is asked all the time, built once for each pool; what changes is `sql.placeholder`s. For reads outside
 * of a transaction: `prepare('')` keeps nothing on the server either.
 */
export function prepared<Q>(build: (db: Database) => Q): (db: Database) => Q {
  const built = new WeakMap<Database, Q>();
  return (db) => {
    const known = built.get(db) ?? build(db);
    built.set(db, known);
    return known;
  };
}
