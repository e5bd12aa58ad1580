import type { Redis } from 'ioredis';
import { type CallEvent, callEvent } from '../../core/calls/events.ts';
import { callChannel } from '../../core/fleet.ts';

type Listener = (event: CallEvent) => void;

/**
 * What workers say about calls, as it happens (Redis pub/sub: may miss something, so never the only source).
 * Takes a connection of its own, because one that subscribes can do nothing else.
 */
export class CallEvents {
  readonly #redis: Redis;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('message', (channel: string, message: string) => this.#hand(channel, message));
  }

  /** Listens to one call. The promise resolves when the subscription stands. Returns how to stop. */
  async on(callId: string, listener: Listener): Promise<() => void> {
    const channel = callChannel(callId);
    const known = this.#listeners.get(channel);
    if (known) known.add(listener);
    else {
      this.#listeners.set(channel, new Set([listener]));
      await this.#redis.subscribe(channel);
    }
    return () => this.#off(channel, listener);
  }

  #off(channel: string, listener: Listener): void {
    const known = this.#listeners.get(channel);
    known?.delete(listener);
    if (known?.size !== 0) return;
    this.#listeners.delete(channel);
    this.#redis.unsubscribe(channel).catch(() => undefined);
  }

  #hand(channel: string, message: string): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners) return;
    const parsed = callEvent.safeParse(parseJson(message));
    if (parsed.success) for (const listener of [...listeners]) listener(parsed.data);
  }

  close(): void {
    this.#redis.disconnect();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
