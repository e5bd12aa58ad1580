import type { Database } from '../../db/client.ts';
import type { Identity } from './identity.ts';

const knownForMs = 1_000;
const maxKnown = 1_000;

interface Known {
  readonly identity: Identity;
  readonly untilMs: number;
}

/**
 * Whom API keys were found to stand for within the last second, by the hash of the key: a busy one is not looked up for
 * each request. This process forgets a key when it is revoked here; another process takes it for up to a second more.
 */
const knownKeys = new WeakMap<Database, Map<string, Known>>();

export function recallKey(db: Database, hash: string): Identity | undefined {
  const known = knownKeys.get(db)?.get(hash);
  return known !== undefined && Date.now() < known.untilMs ? known.identity : undefined;
}

/** `lookedUpAt` is from before the look: what was revoked meanwhile is not kept for longer. */
export function rememberKey(db: Database, hash: string, identity: Identity, lookedUpAt: number): void {
  const keys = knownKeys.get(db) ?? new Map<string, Known>();
  knownKeys.set(db, keys);
  if (keys.size >= maxKnown) keys.clear();
  keys.set(hash, { identity, untilMs: lookedUpAt + knownForMs });
}

/** After keys were revoked or have gone with their workspace. */
export const forgetKeys = (db: Database): boolean => knownKeys.delete(db);
