import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type Message, type MessageName, messages } from '../core/messages.ts';

/**
 * Everything about BullMQ queues that two places must agree on. A queue is named after its message (core/messages.ts)
 * or sweep, under BullMQ's own prefix `bull`: workers, which may not import this file, add to the same queues.
 */
export const queuePrefix = 'bull';

export const sweepNames = [
  'heal-campaigns',
  'place-callbacks',
  'heal-lists',
  'seat-callers',
  'reconcile-calls',
  'purge-outbox',
  'heal-numbers',
  'heal-knowledge',
  'expire-recordings',
  'expire-tokens',
] as const;
export type SweepName = (typeof sweepNames)[number];
export type QueueName = MessageName | SweepName;
export const messageNames = Object.keys(messages) as MessageName[];

/** Finished jobs are kept so that one sent twice is recognised, failed ones so that somebody can look; both bounded. */
export const keep: Pick<JobsOptions, 'removeOnComplete' | 'removeOnFail'> = {
  removeOnComplete: { age: 3_600, count: 10_000 },
  removeOnFail: { age: 7 * 24 * 3_600, count: 10_000 },
};

export interface QueueSettings {
  readonly attempts: number;
  readonly backoff: Exclude<JobsOptions['backoff'], undefined>;
}

export interface Outgoing<N extends MessageName = MessageName> {
  readonly name: N;
  readonly payload: Message<N>;
  /** Unique for ever: the same message sent again after a crash is swallowed. */
  readonly jobId: string;
  /** Messages with the same key do not run at once; of those that come while one runs, the last one runs after it. */
  readonly key: string | null;
  readonly delayMs: number;
}

/** The queues as a producer sees them. */
export class Queues {
  readonly #redis: Redis;
  readonly #settings: ReadonlyMap<QueueName, QueueSettings>;
  readonly #open = new Map<QueueName, Queue>();

  /** @param settings attempts and backoff by queue, from the job definitions. */
  constructor(redis: Redis, settings: ReadonlyMap<QueueName, QueueSettings>) {
    this.#redis = redis;
    this.#settings = settings;
  }

  get(name: QueueName): Queue {
    const known = this.#open.get(name);
    if (known) return known;
    const queue = new Queue(name, {
      connection: this.#redis,
      prefix: queuePrefix,
      defaultJobOptions: { ...keep, ...this.#settings.get(name) },
      skipWaitingForReady: true,
    });
    // The shared connection logs its own trouble once (redis.ts).
    queue.on('error', () => undefined);
    this.#open.set(name, queue);
    return queue;
  }

  async send(outgoing: readonly Outgoing[]): Promise<void> {
    for (const name of new Set(outgoing.map((one) => one.name))) {
      const group = outgoing.filter((one) => one.name === name);
      await this.get(name).addBulk(
        group.map((one) => ({
          name,
          data: one.payload,
          opts: {
            jobId: safeId(one.jobId),
            delay: one.delayMs,
            ...(one.key === null ? {} : { deduplication: { id: safeId(one.key), keepLastIfActive: true } }),
          },
        })),
      );
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map((queue) => queue.close()));
  }
}

/** BullMQ builds Redis keys with colons and refuses them in ids. */
export const safeId = (text: string): string => text.replaceAll(':', '-');
