import type { Redis } from 'ioredis';
import { type CallEvent, callEvent } from '../../core/calls/events.ts';
import { callChannel } from '../../core/fleet.ts';
import type { Logger } from '../../platform/log.ts';

type Listener = (event: CallEvent) => void;

/** Events of calls as they happen, from Redis pub/sub: one connection for every open live view of this process. */
export class LiveCalls {
  readonly #connection: Redis;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #log: Logger;

  constructor(redis: Redis, log: Logger) {
    this.#connection = redis.duplicate();
    this.#log = log;
    this.#connection.on('message', (channel, text) => this.#deliver(channel, text));
    this.#connection.on('error', (error) => log.warn({ err: error }, 'live view connection failed'));
  }

  /** Resolves once events are heard; the answer stops listening. */
  async subscribe(callId: string, listener: Listener): Promise<() => void> {
    const channel = callChannel(callId);
    const listeners = this.#listeners.get(channel) ?? new Set<Listener>();
    this.#listeners.set(channel, listeners.add(listener));
    const stop = () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#connection.unsubscribe(channel).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'live view connection failed');
      });
    };
    try {
      await this.#connection.subscribe(channel);
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  close(): void {
    this.#connection.disconnect();
  }

  #deliver(channel: string, text: string): void {
    const listeners = this.#listeners.get(channel);
    if (listeners === undefined) return;
    for (const event of readEvents(text)) for (const listener of listeners) listener(event);
  }
}

/** One event, or a list of them; what is neither is not for us. */
function readEvents(text: string): CallEvent[] {
  try {
    const value: unknown = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]).flatMap((item) => {
      const event = callEvent.safeParse(item);
      return event.success ? [event.data] : [];
    });
  } catch {
    return [];
  }
}
