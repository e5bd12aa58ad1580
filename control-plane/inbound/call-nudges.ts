import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type MessageInput, type MessageName, messages } from '../../core/messages.ts';

/** What the webhooks ask of the jobs process. */
export interface CallNudges {
  /** An agent left a room: find out whether its call must be taken over. */
  rescue(call: { readonly callId: string; readonly epoch: number }, delayMs: number): Promise<void>;
  /** A call's room is gone: close the call if it is not closed yet. */
  finalize(callId: string, delayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Straight into BullMQ: nothing is written to the database with these, so there is nothing to commit them with. */
export class BullCallNudges implements CallNudges {
  readonly #redis: Redis;
  readonly #queues = new Map<MessageName, Queue>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  rescue(call: { readonly callId: string; readonly epoch: number }, delayMs: number): Promise<void> {
    const key = `rescue-${call.callId}-${call.epoch}`;
    return this.#add('rescue-call', call, key, `room-${key}`, delayMs);
  }

  finalize(callId: string, delayMs: number): Promise<void> {
    const key = `finalize-${callId}-room-gone`;
    return this.#add('finalize-call', { callId }, key, key, delayMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  async #add<N extends MessageName>(
    name: N,
    payload: MessageInput<N>,
    key: string,
    jobId: string,
    delayMs: number,
  ): Promise<void> {
    const data = messages[name].parse(payload);
    await this.#queue(name).add(name, data, {
      jobId,
      delay: delayMs,
      // The sweep in jobs/ may ask for the same at the same time, under an id of its own.
      deduplication: { id: key, keepLastIfActive: true },
      attempts: 8,
      backoff: { type: 'exponential', delay: 500 },
      // Kept for a while: a webhook that LiveKit delivers again under another id adds nothing.
      removeOnComplete: { age: 3_600 },
      removeOnFail: { age: 86_400 },
    });
  }

  #queue(name: MessageName): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, { connection: this.#redis, skipWaitingForReady: true });
    // The shared connection logs its own trouble once; a failed `add` answers the webhook with an error.
    queue.on('error', () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }
}
