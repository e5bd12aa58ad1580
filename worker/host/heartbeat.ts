import { type HostHeartbeat, heartbeatKey } from '../../core/fleet.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventSink } from '../report/event-sink.ts';

const everyMs = 1_000;
const ttlSeconds = 5;

/** Writes what the host says about itself once a second. @returns stop: also removes the key. */
export function startHeartbeat(sink: EventSink, log: Logger, read: () => HostHeartbeat): () => Promise<void> {
  const beat = () => {
    if (!sink.up) return;
    const state = read();
    sink.redis
      .set(heartbeatKey(state.hostId), JSON.stringify(state), 'EX', ttlSeconds)
      .catch((error: unknown) => log.debug({ err: error }, 'heartbeat not written'));
  };
  const timer = setInterval(beat, everyMs);
  beat();
  return async () => {
    clearInterval(timer);
    if (sink.up) await sink.redis.del(heartbeatKey(read().hostId)).catch(() => 0);
  };
}
