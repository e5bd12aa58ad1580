import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../platform/log.ts';

const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);

/** How long a command of a hasty connection may take. */
const hastyMs = 2_000;

/** A Redis connection whose commands wait for as long as Redis is away. BullMQ wants that for its workers. */
export const openRedis = (url: string, log: Logger, name: string): Redis =>
  open(url, log, name, { maxRetriesPerRequest: null });

/**
 * A Redis connection whose commands fail at once while Redis is away, and after two seconds while it does not answer:
 * for whoever holds a lock meanwhile and is asked again anyway.
 */
export const openHastyRedis = (url: string, log: Logger, name: string): Redis =>
  open(url, log, name, {
    ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
    commandTimeout: hastyMs,
  });

/**
 * Connections never give up, and say so once when they are lost and once when they are back instead of at every try.
 */
function open(url: string, log: Logger, name: string, options: RedisOptions): Redis {
  const redis = new Redis(url, { ...options, retryStrategy });
  let lost = false;
  redis.on('error', (error: Error) => {
    if (!lost) log.warn({ connection: name, reason: error.message }, 'Redis is not reachable, trying on');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info({ connection: name }, 'Redis is back');
    lost = false;
  });
  return redis;
}
