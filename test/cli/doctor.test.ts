import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { doctor } from '../../cli/commands/doctor.ts';
import { sessionGroups } from '../../cli/doctor/machine-checks.ts';
import { createCredential } from '../../core/credentials/index.ts';
import { Sealer } from '../../platform/crypto.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';
import { dataFolder, recordedOutput } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

/** What doctor says of a machine: its exit code, and its lines. */
async function examine(env: Record<string, string>) {
  using folder = dataFolder();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const output = recordedOutput();
  const code = await doctor({ flags: { data: join(folder.path, 'data') }, output });
  const text = output.said.join('\n');
  return { code, text, line: (of: RegExp) => output.said.find((line) => of.test(line)) ?? '' };
}

test('a machine that lacks nothing starts, and is told what is where', async () => {
  const { code, text, line } = await examine({});
  expect(code).toBe(0);
  expect(text).toMatch(/All is well|Trunkline starts/);
  expect(line(/Node\.js/)).toContain(process.versions.node);
  expect(line(/Disk/)).toContain('GB free');
});

test('a machine without any program is told what keeps it from starting, and the command that mends it', async () => {
  using empty = dataFolder();
  const { code, text, line } = await examine({ PATH: empty.path, XDG_CACHE_HOME: empty.path });
  expect(code).toBe(1);
  expect(text).toMatch(/keeps? Trunkline from starting/);
  expect(line(/ Redis /)).toContain('cannot be had');
  expect(text).toContain('apt-get install -y redis-server');
  expect(text).toContain('no phone calls; web calls work');
  expect(text).toContain('Install Go (https://go.dev/dl/)');
  expect(line(/Python with pip/)).toContain('not found');
});

test('settings that are wrong are named with what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  try {
    const { code, text, line } = await examine({
      ...{ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' },
      PORT: String(port),
    });
    expect(code).toBe(1);
    expect(line(/✗.*PostgreSQL/)).not.toBe('');
    expect(text).toContain('Correct DATABASE_URL, or unset it for the embedded one.');
    expect(line(/✗.*Redis/)).not.toBe('');
    expect(text).toContain(`Port ${port}`);
  } finally {
    server.close();
  }
});

test('a key that does not open what is stored keeps it from starting; the right one is said to fit', async () => {
  await using t = await testContext();
  const { ctx } = await newPerson(t);
  await createCredential(ctx, { name: 'Shop', secret: { kind: 'bearer', token: 'of the shop' } });
  const [right, wrong] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
  Object.assign(t.services, { sealer: new Sealer(right ?? '') });
  const with_ = (ENCRYPTION_KEY = '') => examine({ DATABASE_URL: t.databaseUrl, ENCRYPTION_KEY });
  const none = await with_(right);
  expect([none.code, none.line(/Stored secrets/)]).toEqual([
    1,
    expect.stringContaining('ENCRYPTION_KEY opens none'),
  ]);
  await createCredential(ctx, { name: 'Till', secret: { kind: 'bearer', token: 'of the till' } });
  const one = await with_(right);
  expect([one.code, one.line(/Stored secrets/)]).toEqual([
    0,
    expect.stringContaining('does not open 1 of the 2'),
  ]);
  await t.db.execute("delete from credentials where name = 'Shop'");
  expect((await with_(right)).line(/Stored secrets/)).toContain('ENCRYPTION_KEY opens them');
  expect((await with_(wrong)).code).toBe(1);
});

test('sharing few cores between sessions is hinted at, with what turns it off', () => {
  const [hint] = sessionGroups('1\n', 2);
  expect(hint).toMatchObject({
    state: 'warn',
    fix: expect.stringContaining('kernel.sched_autogroup_enabled=0'),
  });
  expect([sessionGroups('0\n', 2), sessionGroups('1\n', 16), sessionGroups('', 2)]).toEqual([[], [], []]);
});
