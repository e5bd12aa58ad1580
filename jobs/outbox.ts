import type { Pool, PoolClient } from 'pg';
import { type MessageName, messages } from '../core/messages.ts';
import type { Logger } from '../platform/log.ts';
import type { Outgoing } from './queues.ts';

interface OutboxRow {
  readonly id: string;
  readonly name: string;
  readonly payload: unknown;
  readonly key: string | null;
  readonly delay_ms: number;
  /** Epoch milliseconds. */
  readonly written_at: string;
}

interface RelayOptions {
  readonly pool: Pool;
  readonly send: (outgoing: readonly Outgoing[]) => Promise<void>;
  readonly log: Logger;
  /** How often is looked without having been called. */
  readonly pollMs?: number;
  readonly batchSize?: number;
}

/**
 * Hands what operations have put into the outbox table on to BullMQ. Any number of relays may run: rows being sent are
 * locked, and each skips the other's. A message is marked as sent in the transaction that locked it, after BullMQ has
 * it; a crash in between sends it again under the same job id, which BullMQ swallows.
 *
 * It listens on the channel `outbox` (a trigger notifies it) and looks every second anyway.
 */
export class OutboxRelay {
  readonly #options: Required<RelayOptions>;
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  /** A message was committed since the last look began; it may have come too late for that look. */
  #called = false;
  #listener: PoolClient | undefined;
  #loop: Promise<void> | undefined;
  #failing = false;

  constructor(options: RelayOptions) {
    this.#options = { pollMs: 1_000, batchSize: 500, ...options };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
    this.#unlisten();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let sent = 0;
      try {
        this.#called = false;
        await this.#listen();
        sent = await this.sendBatch();
        if (this.#failing) this.#options.log.info('the outbox is being relayed again');
        this.#failing = false;
      } catch (error) {
        // Once, not every second: Postgres or Redis may be away for long.
        if (!this.#failing)
          this.#options.log.error({ err: error }, 'the outbox cannot be relayed, trying on');
        this.#failing = true;
      }
      if (sent < this.#options.batchSize && !this.#called) await this.#pause();
    }
  }

  /** Sends what is waiting, at most one batch. Returns how many. */
  async sendBatch(): Promise<number> {
    const { pool, send, log, batchSize } = this.#options;
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      // Marked in the transaction that is committed only when BullMQ has them.
      const { rows } = await client.query<OutboxRow>({
        name: 'relay',
        text: `update outbox set sent_at = now() where id = any(array(
           select id from outbox where sent_at is null order by id limit $1 for update skip locked))
         returning id, name, payload, key, delay_ms, (extract(epoch from created_at) * 1000)::bigint as written_at`,
        values: [batchSize],
      });
      rows.sort((one, other) => Number(one.id) - Number(other.id));
      const outgoing = rows.flatMap((row) => toOutgoing(row, log));
      if (outgoing.length > 0) await send(outgoing);
      await client.query('commit');
      return rows.length;
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #listen(): Promise<void> {
    if (this.#listener) return;
    const client = await this.#options.pool.connect();
    const lost = () => {
      if (this.#listener === client) this.#unlisten(true);
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => {
      this.#called = true;
      this.#wake();
    });
    try {
      await client.query('listen outbox');
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.#listener = client;
  }

  #unlisten(broken = true): void {
    const client = this.#listener;
    this.#listener = undefined;
    // A connection that listens must not go back into the pool.
    client?.release(broken);
  }

  async #pause(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, this.#options.pollMs);
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = done;
    });
    this.#wake = () => undefined;
  }
}

function toOutgoing(row: OutboxRow, log: Logger): Outgoing[] {
  const name = row.name as MessageName;
  const parsed = messages[name]?.safeParse(row.payload);
  if (!parsed?.success) {
    // It would be in the way for ever: said loudly, marked as sent, kept until the purge.
    log.error({ outboxId: row.id, name: row.name }, 'an outbox message that nobody understands was skipped');
    return [];
  }
  const { key, delay_ms: delayMs } = row;
  // With the time in it: the ids of a database that was made anew begin again, and Redis remembers the old ones.
  const jobId = `outbox-${row.id}-${row.written_at}`;
  return [{ name, payload: parsed.data, jobId, key, delayMs }];
}

/** Removes messages that were sent more than `olderThanMs` ago. Returns how many. */
export async function purgeOutbox(pool: Pool, olderThanMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from outbox where sent_at < now() - make_interval(secs => $1)`,
    [olderThanMs / 1_000],
  );
  return rowCount ?? 0;
}
