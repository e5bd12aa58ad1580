import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { to } from 'pg-copy-streams';
import type { Database } from './client.ts';

/** A reader who takes nothing for this long is gone; the connection and its snapshot are wanted elsewhere. */
const stallMs = 60_000;

const dialect = new PgDialect();

/**
 * The rows of a query as CSV with a header, as they come from the server: memory does not grow with them. The bytes
 * stop, and the server's work with them, when the caller stops taking. Values become literals: COPY takes no
 * parameters. Nobody but `settings` changes the session: `set local` lines.
 */
export async function* copyOut(
  db: Database,
  query: SQL,
  { settings = [] }: { settings?: readonly string[] } = {},
): AsyncGenerator<Buffer> {
  const client = await db.$client.connect();
  let isDone = false;
  try {
    await client.query(`begin read only; set local timezone = 'UTC'; ${settings.join('; ')}`);
    const { sql: text } = dialect.sqlToQuery(
      sql`copy (${query}) to stdout with (format csv, header)`.inlineParams(),
    );
    const rows = client.query(to(text, { highWaterMark: 256 * 1_024 }));
    // What breaks after the reader has gone is nobody's trouble.
    rows.on('error', () => undefined);
    for await (const chunk of rows) {
      const stall = setTimeout(() => rows.destroy(new Error('Nobody takes the rows.')), stallMs);
      yield chunk as Buffer;
      clearTimeout(stall);
    }
    await client.query('commit');
    isDone = true;
  } finally {
    // Closing the connection is what stops a running COPY.
    client.release(!isDone);
  }
}
