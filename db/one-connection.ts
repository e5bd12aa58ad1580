import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, type QueryConfig, type QueryResult } from 'pg';
import type { Database } from './client.ts';
import * as schema from './schema/index.ts';

/** For a process that is alone with its database and does one thing after the other. */
export interface OneConnection {
  /** Its transactions are part of the one that is open; when there is none, each is one of its own. */
  readonly db: Database;
  /** Everything that `work` does, in one transaction. */
  together<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * A connection of its own to the database of a pool, on which every statement is prepared once. What is written is not
 * waited for: the server writes while the next statement is being made, and whatever fails there fails the next one
 * that is waited for, the commit at the latest. Each text stays prepared, so texts must not grow with the data.
 */
export async function oneConnection({ $client: pool }: Database): Promise<OneConnection> {
  const client = new Client({ ...pool.options, pipeline: true });
  await client.connect();
  const line = new Line(client);
  const db = drizzle(line as unknown as Client, { schema }) as unknown as Database;
  let open = false;
  const together = async <T>(work: () => Promise<T>): Promise<T> => {
    if (open) return work();
    open = true;
    try {
      void line.query({ text: 'begin' });
      const result = await work();
      await line.settle('commit');
      return result;
    } catch (error) {
      // What went wrong first says more than the refusals that followed from it.
      throw await line.settle('rollback').then(
        () => error,
        (first) => first,
      );
    } finally {
      open = false;
    }
  };
  // A step that fails ends the whole: nobody goes on after a part of it was taken back.
  const joining: Pick<Database, 'transaction'> = {
    transaction: (work) => together(() => work(db as unknown as Parameters<typeof work>[0])),
  };
  return { db: Object.assign(db, joining), together, close: () => line.close() };
}

const unread = /^\s*(?:begin|insert|update|delete)\b(?!.*\breturning\b)/is;
/** More than this is worth the server's while. */
const mostHeldBytes = 16_384;
const nothingRead: Pick<QueryResult, 'rows' | 'rowCount'> = { rows: [], rowCount: null };

/** What drizzle needs of a client. */
class Line {
  readonly #client: Client;
  /** By its name the server finds the plan of a text. */
  readonly #names = new Map<string, string>();
  #failed: Error | undefined;
  /**
   * Statements that are held back, to be sent with the next one that is waited for: to wake the server costs more than
   * most of them.
   */
  #corked = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  async query(config: QueryConfig, values: unknown[] = []): Promise<Pick<QueryResult, 'rows' | 'rowCount'>> {
    if (this.#failed) throw this.#failed;
    const known = this.#names.get(config.text);
    const name = known ?? `s${this.#names.size}`;
    if (known === undefined) this.#names.set(config.text, name);
    const { stream } = this.#client.connection;
    const waits = !unread.test(config.text);
    if (!waits) {
      stream.cork();
      this.#corked++;
    }
    const answer = this.#client.query({ ...config, name }, values);
    if (waits || stream.writableLength > mostHeldBytes) this.#send();
    if (waits) return answer;
    answer.catch((error) => {
      this.#failed ??= error instanceof Error ? error : new Error(String(error));
    });
    return nothingRead;
  }

  /** Ends a transaction. Throws what has gone wrong in it. */
  async settle(how: 'commit' | 'rollback'): Promise<void> {
    const ended = this.#client.query({ text: how, name: how });
    this.#send();
    await ended;
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed) throw failed;
  }

  async close(): Promise<void> {
    this.#send();
    await this.#client.end();
  }

  #send(): void {
    for (; this.#corked > 0; this.#corked--) this.#client.connection.stream.uncork();
  }
}
