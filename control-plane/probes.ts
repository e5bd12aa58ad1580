import type { Redis } from 'ioredis';
import { listOpenRooms } from '../adapters/rooms.ts';
import type { Services } from '../core/context.ts';
import type { Config } from '../platform/config.ts';

/** Each resolves when its part answers, and throws when it does not. */
export interface Probes {
  readonly db: () => Promise<unknown>;
  readonly redis: () => Promise<unknown>;
  readonly livekit: () => Promise<unknown>;
}

export const probes = (parts: { db: Services['db']; redis: Redis; livekit: Config['livekit'] }): Probes => ({
  db: () => parts.db.execute('select 1'),
  redis: () => parts.redis.ping(),
  livekit: () => listOpenRooms(parts.livekit, { timeoutMs: 2_000 }),
});
