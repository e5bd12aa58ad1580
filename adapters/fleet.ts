import type { Redis } from 'ioredis';
import { activeCallsKey, type HostHeartbeat, heartbeatPattern, hostHeartbeat } from '../core/fleet.ts';
import type { Fleet } from '../core/ports.ts';

/** core/ports.ts `Fleet` on what the hosts write into Redis. */
export class RedisFleet implements Fleet {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async hosts(): Promise<readonly HostHeartbeat[]> {
    const keys = new Set<string>();
    for await (const page of this.#redis.scanStream({ match: heartbeatPattern, count: 500 }))
      for (const key of page as string[]) keys.add(key);
    if (keys.size === 0) return [];
    const values = await this.#redis.mget([...keys]);
    return values.flatMap((value) => readHeartbeat(value) ?? []);
  }

  async activeRooms(): Promise<number> {
    return Number((await this.#redis.get(activeCallsKey)) ?? 0);
  }
}

/** A host of another version may write what we cannot read: it does not count, and does not break the others. */
function readHeartbeat(value: string | null): HostHeartbeat | undefined {
  if (value === null) return undefined;
  try {
    return hostHeartbeat.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}
