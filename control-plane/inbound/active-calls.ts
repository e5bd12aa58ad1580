import type { Redis } from 'ioredis';
import { activeCallsKey } from '../../core/fleet.ts';

/** Sorted set of open room sids, scored by when (Redis time, ms) they were counted. */
const openKey = 'livekit:open_rooms';
/** Sorted set of finished room sids of the last hour: a late or repeated `room_started` of them does not count. */
const closedKey = 'livekit:closed_rooms';
const closedMemoryMs = 3_600_000;

const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ${closedMemoryMs})
local function count()
  local open = redis.call('ZCARD', KEYS[2])
  redis.call('SET', KEYS[1], open)
  return open
end
`;

const started = `${common}
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1]) end
return count()`;

const finished = `${common}
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
return count()`;

// ARGV[1]: Redis time before LiveKit was asked. What was counted later is newer than the list and stays.
const reset = `${common}
local listed = {}
for i = 2, #ARGV do listed[ARGV[i]] = true end
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1])
for _, sid in ipairs(old) do
  if not listed[sid] then redis.call('ZREM', KEYS[2], sid) end
end
for sid in pairs(listed) do
  if not redis.call('ZSCORE', KEYS[3], sid) then redis.call('ZADD', KEYS[2], 'NX', now, sid) end
end
return count()`;

/**
 * The counter `livekit:active_calls`. It is the size of a set of room sids, changed only by scripts, so it cannot go
 * below zero and a repeated or reordered event changes nothing.
 */
export class ActiveCalls {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Both answer the new count. */
  roomStarted = (sid: string): Promise<number> => this.#run(started, [sid]);
  roomFinished = (sid: string): Promise<number> => this.#run(finished, [sid]);

  /** Sets the counter right from LiveKit's own list: webhooks are lost while nobody listens. */
  async reset(listOpen: () => Promise<readonly { readonly sid: string }[]>): Promise<number> {
    const [seconds, micros] = await this.#redis.time();
    const before = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    const rooms = await listOpen();
    return this.#run(reset, [String(before), ...rooms.map((room) => room.sid)]);
  }

  async #run(script: string, args: readonly string[]): Promise<number> {
    return Number(await this.#redis.eval(script, 3, activeCallsKey, openKey, closedKey, ...args));
  }
}
