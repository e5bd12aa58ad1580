import { createServer } from 'node:net';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createAgent } from '../../core/agents/index.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { onServer, withDatabase } from '../harness/database.ts';

async function emptyDatabase(t: TestContext) {
  const name = `trunkline_empty_${Date.now().toString(36)}`;
  await onServer(t.databaseUrl, `create database ${name}`);
  return {
    url: withDatabase(t.databaseUrl, name),
    [Symbol.asyncDispose]: () => onServer(t.databaseUrl, `drop database ${name} with (force)`),
  };
}

describe('migrating', () => {
  test('processes that start together on an empty database all come out well, and so does a second time', async () => {
    await using t = await testContext();
    await using empty = await emptyDatabase(t);
    await Promise.all([1, 2, 3].map(() => migrateDatabase(empty.url)));
    await migrateDatabase(empty.url);
    const client = new pg.Client({ connectionString: empty.url });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as applied from drizzle.__drizzle_migrations');
    await client.end();
    expect(rows).toEqual([{ applied: expect.any(Number) }]);
    expect(rows[0].applied).toBeGreaterThanOrEqual(2);
  });

  test('a database that a newer version has migrated is refused, with what to do, and left as it is', async () => {
    await using t = await testContext();
    await migrateDatabase(t.databaseUrl);
    const later = Date.now() + 10 * 365 * 86_400_000;
    await t.db.execute(
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('of a newer version', ${later})`,
    );
    const applied = 'select hash, created_at from drizzle.__drizzle_migrations order by id';
    const { rows: before } = await t.db.execute(applied);
    await expect(migrateDatabase(t.databaseUrl)).rejects.toThrow(
      /newer version of Trunkline \(1 migration .* start that version or a later one, or restore a backup/,
    );
    expect((await t.db.execute(applied)).rows).toEqual(before);
  });

  test('what is wrong with DATABASE_URL is said in one sentence without the password', async () => {
    await using t = await testContext();
    const { port, hostname } = new URL(t.databaseUrl);
    const closed = await closedPort();
    const wrong: [string, RegExp][] = [
      [`postgres://u:s3cret@${hostname}:${closed}/x`, /no PostgreSQL answers/],
      [`postgres://postgres:s3cret@${hostname}:${port}/postgres`, /refuses the user "postgres"/],
      [withDatabase(t.databaseUrl, 'nothing_here'), /no database "nothing_here"/],
      ['mysql://u:s3cret@localhost/x', /must start with postgresql:/],
      ['s3cret', /is not a URL/],
    ];
    for (const [url, words] of wrong) {
      const error = await migrateDatabase(url).then(
        () => expect.unreachable(url),
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ message: expect.stringMatching(words) });
      const { message } = error as Error;
      expect(message).toMatch(/^DATABASE_URL[^\n]*\.$/);
      expect(message).not.toContain('s3cret');
      expect(message).not.toContain(new URL(t.databaseUrl).password);
    }
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('the schema', () => {
  test('a message in the outbox is announced when, and only when, its transaction commits', async () => {
    await using t = await testContext();
    const listener = new pg.Client({ connectionString: t.databaseUrl });
    await listener.connect();
    try {
      await listener.query('listen outbox');
      let announced = 0;
      listener.on('notification', () => {
        announced++;
      });
      const insert = `insert into outbox (name, payload) values ('end-call', '{}')`;
      const rolledBack = t.db.transaction(async (tx) => {
        await tx.execute(insert);
        throw new Error('no');
      });
      await expect(rolledBack).rejects.toThrow('no');
      await t.db.execute(insert);
      // A notification that was sent before this one has arrived when this one has.
      const marker = new Promise((resolve) =>
        listener.on('notification', ({ payload }) => payload === 'marker' && resolve(undefined)),
      );
      await t.db.execute(`select pg_notify('outbox', 'marker')`);
      await marker;
      expect(announced).toBe(2);
    } finally {
      await listener.end();
    }
  });

  test('an agent cannot point at a version that is not there', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const agent = await createAgent(ctx, { name: 'A', definition: {} });
    await expect(
      t.db.execute(`update agents set live_version_id = '${workspaceId}' where id = '${agent.id}'`),
    ).rejects.toThrow();
  });

  test('an e-mail address belongs to one user, in whatever case', async () => {
    await using t = await testContext();
    const { email, userId } = await newPerson(t);
    await expect(
      t.db.execute(
        `insert into users (id, email) select gen_random_uuid(), upper(email) from users where id = '${userId}'`,
      ),
    ).rejects.toMatchObject({ cause: { code: '23505' } });
    expect(email).toBe(email.toLowerCase());
  });
});
