import { expect, test } from 'vitest';
import { type TestContext, testContext } from '../harness/context.ts';

const leave = 'select pg_terminate_backend(pg_backend_pid())';

/** As a server that was killed: no word of farewell. */
function cut(client: object): void {
  Reflect.get(client, 'connection').stream.destroy();
}

/** Nothing is left of the connections that broke, and the next statement has a new one. */
async function expectRecovered({ db }: TestContext): Promise<void> {
  await expect(db.transaction((tx) => tx.execute('select 1 as one'))).resolves.toMatchObject({ rowCount: 1 });
  expect(db.$client).toMatchObject({ totalCount: 1, idleCount: 1, waitingCount: 0 });
}

// An error that nobody listens for ends the process; here it fails the run.
test('a database that stops in the middle of a transaction fails that, and no more', async () => {
  await using t = await testContext();
  await expect(t.db.transaction((tx) => tx.execute(leave))).rejects.toThrow();
  await expectRecovered(t);
});

test('a database that stops between two statements of a transaction fails that, and no more', async () => {
  await using t = await testContext();
  const { $client: pool } = t.db;
  const waiting = t.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>('select pg_backend_pid() as pid');
    const broken = new Promise((resolve) => pool.once('release', resolve));
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await broken;
    await tx.execute('select 1');
  });
  await expect(waiting).rejects.toThrow();
  await expectRecovered(t);
});

test('connections on which no transaction could begin do not use the pool up', async () => {
  await using t = await testContext();
  const { $client: pool } = t.db;
  pool.on('acquire', cut);
  for (let n = 0; n < 12; n++)
    await expect(t.db.transaction((tx) => tx.execute('select 1'))).rejects.toThrow('begin');
  pool.off('acquire', cut);
  await expectRecovered(t);
});
