import type { Redis } from 'ioredis';
import { z } from 'zod';
import { clocksDifferMs, type Pace, type Pacer } from '../core/campaigns/engine/index.ts';

const pace = z.object({ factor: z.number(), atMs: z.number(), holdUntilMs: z.number() });
/** What nobody has asked about for so long begins anew. */
const forgetAfterMs = 600_000;

/**
 * A bucket is a hash of its tokens and the moment they were counted. One script, so that two processes cannot both take
 * the last one.
 */
const fillScript = `
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens, at = tonumber(known[1]) or burst, tonumber(known[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
if at < now or at > now + ${clocksDifferMs} then at = now end
local function leave(rest)
  redis.call('HSET', KEYS[1], 'tokens', tostring(rest), 'at', tostring(at))
  redis.call('PEXPIRE', KEYS[1], ${forgetAfterMs})
end`;

const takeScript = `${fillScript}
local taken = math.max(0, math.min(tonumber(ARGV[4]), math.floor(tokens)))
leave(tokens - taken)
return taken`;

const reserveScript = `${fillScript}
leave(tokens - 1)
return math.ceil(math.max(0, 1 - tokens) / rate * 1000)`;

const giveScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBYFLOAT', KEYS[1], 'tokens', ARGV[1]) end
return 1`;

const bucketKey = (bucket: string): string => `trunkline:dialer:bucket:${bucket}`;
const paceKey = (trunk: string): string => `trunkline:dialer:pace:${trunk}`;

/** core/campaigns/engine/pacer.ts in Redis, shared by every process that dials. */
export class RedisPacer implements Pacer {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async take(
    bucket: string,
    { perSecond, burst, want, nowMs }: Parameters<Pacer['take']>[1],
  ): Promise<number> {
    return Number(
      await this.#redis.eval(takeScript, 1, bucketKey(bucket), perSecond, burst, Math.round(nowMs), want),
    );
  }

  async reserve(
    bucket: string,
    { perSecond, burst, nowMs }: Parameters<Pacer['reserve']>[1],
  ): Promise<number> {
    return Number(
      await this.#redis.eval(reserveScript, 1, bucketKey(bucket), perSecond, burst, Math.round(nowMs)),
    );
  }

  async giveBack(bucket: string, tokens: number): Promise<void> {
    if (tokens > 0) await this.#redis.eval(giveScript, 1, bucketKey(bucket), tokens);
  }

  async readPace(trunk: string): Promise<Pace | null> {
    const text = await this.#redis.get(paceKey(trunk));
    const parsed = text === null ? undefined : pace.safeParse(safeJson(text));
    return parsed?.success ? parsed.data : null;
  }

  async writePace(trunk: string, value: Pace): Promise<void> {
    await this.#redis.set(paceKey(trunk), JSON.stringify(value), 'PX', forgetAfterMs);
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
