import { setTimeout as sleep } from 'node:timers/promises';
import type { CallEvent, CallEventBody } from '../../core/calls/events.ts';
import { background } from '../../platform/background.ts';
import type { Logger } from '../../platform/log.ts';
import type { EventSink } from './event-sink.ts';
import { spoolEvents } from './spool.ts';

const batchSize = 100;
const retryMs = 500;

interface Options {
  readonly callId: string;
  readonly epoch: number;
  readonly sink: EventSink;
  readonly dataDir: string;
  readonly log: Logger;
  /** Told of every event, e.g. the supervisor's ledger. */
  readonly onEvent?: (event: CallEvent) => void;
}

/**
 * The append-only event stream of one call and epoch. Every event is enqueued at once (those that happen while a
 * write is under way travel in the next batch); what Redis does not take goes to disk at once, so that a killed process
 * loses nothing it has emitted.
 */
export class EventStream {
  readonly #options: Options;
  #seq = 0;
  #waiting: CallEvent[] = [];
  #writer: Promise<void> | undefined;
  #closed = false;
  #gaveUp = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get seq(): number {
    return this.#seq;
  }

  /** @param at epoch ms; the default is now. Events after close are dropped. */
  emit(body: CallEventBody, at = Date.now()): void {
    if (this.#closed) return;
    const { callId, epoch, log, onEvent } = this.#options;
    const event: CallEvent = { callId, epoch, seq: ++this.#seq, at, ...body };
    this.#waiting.push(event);
    onEvent?.(event);
    if (this.#writer) return;
    this.#writer = this.#write();
    background(log, 'call events', this.#writer);
  }

  /**
   * Writes what is waiting; what Redis does not take within `timeoutMs` goes to the spool. Nothing can be emitted
   * afterwards.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    const late = new AbortController();
    await Promise.race([this.#writer, sleep(timeoutMs, undefined, { signal: late.signal })])
      .catch(() => undefined)
      .finally(() => late.abort());
    this.#gaveUp = true;
    if (await this.#spill()) return;
    this.#options.log.error(
      { events: this.#waiting.length },
      'call events are lost: neither Redis nor the disk took them',
    );
  }

  async #write(): Promise<void> {
    const { sink, log } = this.#options;
    while (this.#waiting.length > 0 && !this.#gaveUp) {
      const batch = this.#waiting.slice(0, batchSize);
      try {
        await sink.write(batch);
        const last = batch.at(-1)?.seq ?? 0;
        this.#waiting = this.#waiting.filter((event) => event.seq > last);
      } catch (error) {
        log.warn({ err: error, waiting: this.#waiting.length }, 'call events wait for redis');
        if (!(await this.#spill())) await sleep(retryMs);
      }
    }
    // Here and not in a `finally`: between the last look and a later callback an event could be left lying.
    this.#writer = undefined;
  }

  /**
   * To disk, from where the host sends them when Redis is back. @returns false when the disk does not take them either
   */
  async #spill(): Promise<boolean> {
    const events = this.#waiting.splice(0);
    if (events.length === 0) return true;
    const { dataDir, log } = this.#options;
    try {
      await spoolEvents(dataDir, events);
      log.warn({ events: events.length }, 'call events spooled to disk');
      return true;
    } catch (error) {
      this.#waiting.unshift(...events);
      log.error({ err: error, events: events.length }, 'the spool of call events cannot be written');
      return false;
    }
  }
}
