import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { CallEvent } from '../../core/calls/events.ts';
import { callChannel } from '../../core/fleet.ts';
import type { MessageInput, MessageName } from '../../core/messages.ts';
import type { Logger } from '../../platform/log.ts';

const keepAttempts = { attempts: 20, backoff: { type: 'exponential', delay: 500 } } as const;
/** A command that hangs is as bad as one that fails: the caller retries or spools. */
const commandTimeoutMs = 3_000;

/** Where a call's events go: the BullMQ queue that records them and the live channel. One per process. */
export class EventSink {
  readonly redis: Redis;
  readonly #queues = new Map<MessageName, Queue>();
  readonly #log: Logger;

  constructor(redisUrl: string, log: Logger) {
    this.#log = log;
    this.redis = new Redis(redisUrl, {
      // No offline queue: the event streams keep what could not be written, in order and bounded.
      enableOfflineQueue: false,
      maxRetriesPerRequest: null,
      commandTimeout: commandTimeoutMs,
      retryStrategy: (times) => Math.min(times * 100, 1_000),
    });
    this.redis.on('error', (error) => this.#log.debug({ err: error }, 'redis connection failed'));
  }

  get up(): boolean {
    return this.redis.status === 'ready';
  }

  /** Waits until Redis answers; false after `timeoutMs`. */
  async ready(timeoutMs: number): Promise<boolean> {
    if (this.up) return true;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), timeoutMs);
      const onReady = () => finish(true);
      const finish = (value: boolean) => {
        clearTimeout(timer);
        this.redis.off('ready', onReady);
        resolve(value);
      };
      this.redis.on('ready', onReady);
    });
  }

  /**
   * Enqueues events of one call and publishes them. Idempotent: the job id says from where to where they go (a write
   * that only seemed to fail comes again with what has happened since). Throws when Redis is away.
   */
  async write(events: readonly CallEvent[]): Promise<void> {
    const [first, last = first] = [events[0], events.at(-1)];
    if (!first || !last) return;
    const jobId = `${first.callId}-${first.epoch}-${first.seq}-${last.seq}`;
    await this.send('record-call-events', { events: [...events] }, jobId);
    const channel = callChannel(first.callId);
    const batch = this.redis.pipeline();
    for (const event of events) batch.publish(channel, JSON.stringify(event));
    // Live views may miss an event; the record may not.
    await batch.exec().catch((error) => this.#log.warn({ err: error }, 'live events were not published'));
  }

  /** Enqueues one message. Throws when Redis is away. */
  async send<N extends MessageName>(name: N, data: MessageInput<N>, jobId: string): Promise<void> {
    if (!this.up) throw new Error('Redis is not reachable.');
    await this.#queue(name).add(name, data, {
      jobId,
      ...keepAttempts,
      removeOnComplete: { age: 3_600, count: 10_000 },
      removeOnFail: { age: 7 * 24 * 3_600 },
    });
  }

  #queue(name: MessageName): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection: this.redis, skipWaitingForReady: true });
    queue.on('error', (error) => this.#log.debug({ err: error }, 'queue connection failed'));
    this.#queues.set(name, queue);
    return queue;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
    this.redis.disconnect();
  }
}
