import { isIPv6 } from 'node:net';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { HttpError } from './errors.ts';

/** So many requests in a sliding time of `durationMs`, counted per caller. */
export interface RateLimit {
  /** Routes with the same name share the count. */
  readonly name: string;
  readonly points: number;
  readonly durationMs: number;
}

/**
 * Whom an address stands for: of IPv6 the first 64 bits, because one customer has all addresses that begin with them
 * (RFC 6177); IPv4 written as IPv6 is IPv4.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = (text = '') => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Counts in Redis, so that replicas share the count; in memory while Redis is away. */
export class RateLimits {
  readonly #redis: Redis;
  readonly #enabled: boolean;
  readonly #limiters = new Map<string, RateLimiterRedis>();

  constructor(redis: Redis, { enabled = true }: { enabled?: boolean } = {}) {
    this.#redis = redis;
    this.#enabled = enabled;
  }

  /** Throws 429 with Retry-After when `caller` has used the limit up. */
  async take(limit: RateLimit, caller: string): Promise<void> {
    if (!this.#enabled) return;
    try {
      await this.#limiter(limit).consume(caller);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      throw new HttpError(429, `Too many requests. Try again in ${seconds} s.`, {
        headers: { 'Retry-After': String(seconds) },
      });
    }
  }

  #limiter(limit: RateLimit): RateLimiterRedis {
    const known = this.#limiters.get(limit.name);
    if (known !== undefined) return known;
    const common = {
      keyPrefix: `trunkline:limit:${limit.name}`,
      points: limit.points,
      duration: limit.durationMs / 1_000,
    };
    const made = new RateLimiterRedis({
      ...common,
      storeClient: this.#redis,
      insuranceLimiter: new RateLimiterMemory(common),
    });
    this.#limiters.set(limit.name, made);
    return made;
  }
}
