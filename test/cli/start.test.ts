import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { postgresUrl } from '../../cli/embedded/postgres.ts';
import { redisUrl } from '../../cli/embedded/redis.ts';
import { type RunFile, readRunFile } from '../../cli/instance.ts';
import { freePort } from '../../cli/ports.ts';
import { loadSecrets } from '../../cli/secrets.ts';
import { createCredential } from '../../core/credentials/index.ts';
import { inheritedEnv } from '../../platform/config.ts';
import { isAlive } from '../../platform/is-alive.ts';
import { waitFor } from '../../platform/retry.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';
import { thisNode } from '../harness/our-process.ts';
import { dataFolder } from './support.ts';

const script = fileURLToPath(new URL('./fixtures/start-with-stubs.ts', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly printed: () => string;
}

/** `trunkline start` with the real embedded servers, and stubs for our own processes. */
function startCli(
  dataDir: string,
  env: Record<string, string> = {},
  port = '0',
  without: readonly string[] = [],
): Run {
  const missing = without.flatMap((name) => ['--without', name]);
  const flags = ['--data', dataDir, '--port', port, ...missing];
  const child = spawn(thisNode.path, ['--import', 'tsx', script, ...flags], {
    env: { ...inheritedEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      text += String(chunk);
    });
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, exited, printed: () => text };
}

const ready = (dataDir: string, run: Run): Promise<RunFile> =>
  waitFor(
    'run.json',
    () => {
      if (run.child.exitCode !== null) throw new Error(`It ended early:\n${run.printed()}`);
      return readRunFile(dataDir);
    },
    { timeoutMs: 120_000 },
  );

const allGone = (run: RunFile) =>
  waitFor('every process to be gone', () => Object.values(run.pids).every((pid) => !isAlive(pid)), {
    timeoutMs: 60_000,
  });

/** Ends it whatever state a test left it in. */
async function cleanUp(run: Run, dataDir: string): Promise<void> {
  const file = readRunFile(dataDir);
  if (run.child.exitCode === null && run.child.signalCode === null) run.child.kill('SIGKILL');
  await run.exited;
  if (file && file.pids.trunkline === run.child.pid) await allGone(file);
}

/**
 * A run that must fail: its exit code and the lines it printed after the heading, without notices (a port that is
 * taken, a server that had to be killed).
 */
async function failure(dataDir: string, env: Record<string, string> = {}, port = '0') {
  const run = startCli(dataDir, env, port);
  try {
    const code = await run.exited;
    const lines = run
      .printed()
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^(Trunkline | {2}· )|did not stop in time/.test(line));
    return { code, lines };
  } finally {
    await cleanUp(run, dataDir);
  }
}

describe('a running instance', () => {
  it('writes run.json when ready, keeps the data over a restart, and leaves nothing behind when it stops', async () => {
    using folder = dataFolder();
    const dataDir = join(folder.path, 'data');
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const run = startCli(dataDir);
      try {
        const file = await ready(dataDir, run);
        expect(Object.keys(file.pids).sort()).toEqual(
          [
            'controlPlane',
            'jobs',
            'livekit',
            'postgres',
            'redis',
            'sip',
            'speech',
            'trunkline',
            'worker',
          ].sort(),
        );
        expect(file.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
        expect(file.sip).toMatch(/^127\.0\.0\.1:\d+$/);
        expect(file.livekitUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
        expect(statSync(join(dataDir, 'run.json')).mode & 0o777).toBe(0o600);
        expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
        run.child.kill(signal);
        expect(await run.exited).toBe(0);
        expect(Object.values(file.pids).filter(isAlive)).toEqual([]);
        expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
      } finally {
        await cleanUp(run, dataDir);
      }
    }
  });

  it('is ended by its guardian when it is killed, and the next start works', async () => {
    using folder = dataFolder();
    const dataDir = join(folder.path, 'data');
    const first = startCli(dataDir);
    const file = await ready(dataDir, first);
    first.child.kill('SIGKILL');
    await first.exited;
    await allGone(file);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(true);
    const second = startCli(dataDir);
    try {
      const again = await waitFor(
        'a new run.json',
        () => {
          const now = readRunFile(dataDir);
          return now?.pids.trunkline === second.child.pid ? now : undefined;
        },
        { timeoutMs: 120_000 },
      );
      expect(again.pids.postgres).not.toBe(file.pids.postgres);
    } finally {
      await cleanUp(second, dataDir);
    }
  });

  it('stops when the npm that runs it is killed', async () => {
    using folder = dataFolder();
    const dataDir = join(folder.path, 'data');
    // Like npm: a shell between the signal and the product.
    const command = `"${thisNode.path}" --import tsx "${script}" --data "${dataDir}" --port 0; true`;
    const shell = spawn('sh', ['-c', command], {
      env: { ...inheritedEnv(), npm_lifecycle_event: 'start' },
      stdio: 'ignore',
    });
    const file = await waitFor('run.json', () => readRunFile(dataDir), { timeoutMs: 120_000 });
    shell.kill('SIGTERM');
    await allGone(file);
    await waitFor('run.json to go', () => !existsSync(join(dataDir, 'run.json')));
  });

  it('starts a part again when it crashes, and keeps run.json true', async () => {
    using folder = dataFolder();
    const dataDir = join(folder.path, 'data');
    const run = startCli(dataDir);
    try {
      const { pids } = await ready(dataDir, run);
      process.kill(pids.jobs ?? 0, 'SIGKILL');
      const next = await waitFor(
        'another jobs process',
        () => {
          const pid = readRunFile(dataDir)?.pids.jobs;
          return pid !== undefined && pid !== pids.jobs ? pid : undefined;
        },
        { timeoutMs: 60_000 },
      );
      expect(isAlive(next)).toBe(true);
      expect(run.printed()).toContain('The jobs process was ended by SIGKILL. Starting it again.');
    } finally {
      await cleanUp(run, dataDir);
    }
  });

  it('refuses a second start on its data folder and lets one on another folder live beside it', async () => {
    using folder = dataFolder();
    const [dataDir, otherDir] = [join(folder.path, 'data'), join(folder.path, 'other')];
    const run = startCli(dataDir);
    const other = startCli(otherDir);
    try {
      const [file, otherFile] = await Promise.all([ready(dataDir, run), ready(otherDir, other)]);
      expect(otherFile.url).not.toBe(file.url);
      expect(otherFile.sip).not.toBe(file.sip);
      const { code, lines } = await failure(`${dataDir}/../data`);
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringContaining(`already running on ${file.url}`)]);
      expect(isAlive(file.pids.postgres ?? 0)).toBe(true);
    } finally {
      await Promise.all([cleanUp(run, dataDir), cleanUp(other, otherDir)]);
    }
  });
});

describe('what cannot be had', () => {
  it.each([
    {
      missing: 'livekit-sip',
      warns: /Phone calls are OFF, web calls work\. livekit-sip cannot be had: there is no release/,
      parts: ['controlPlane', 'jobs', 'livekit', 'speech', 'worker'],
    },
    {
      missing: 'livekit-server',
      warns:
        /Calls are OFF, by phone and on the web; everything else works\. livekit-server cannot be had: there is no release/,
      parts: ['controlPlane', 'jobs', 'speech'],
    },
  ])('is said, and switches off only what needs it: $missing', async ({ missing, warns, parts }) => {
    using folder = dataFolder();
    const dataDir = join(folder.path, 'data');
    const run = startCli(dataDir, {}, '0', [missing]);
    try {
      const file = await ready(dataDir, run);
      expect(Object.keys(file.pids).sort()).toEqual([...parts, 'postgres', 'redis', 'trunkline'].sort());
      expect(file.sip).toBeNull();
      expect(file.livekitUrl === null).toBe(missing === 'livekit-server');
      expect(run.printed()).toMatch(warns);
      await waitFor('the banner', () => run.printed().includes('off: no SIP service runs here'));
      run.child.kill('SIGTERM');
      expect(await run.exited).toBe(0);
      expect(Object.values(file.pids).filter(isAlive)).toEqual([]);
    } finally {
      await cleanUp(run, dataDir);
    }
  });
});

describe('what is elsewhere', () => {
  it('is used as it is, and lives on when the product stops', async () => {
    using folder = dataFolder();
    const [elsewhere, dataDir] = [join(folder.path, 'elsewhere'), join(folder.path, 'data')];
    const [postgres, redis] = [await freePort(), await freePort()];
    const host = startCli(elsewhere, { POSTGRES_PORT: String(postgres), REDIS_PORT: String(redis) });
    const { pids: theirs, livekitUrl } = await ready(elsewhere, host);
    const secrets = loadSecrets(elsewhere);
    const guest = startCli(dataDir, {
      DATABASE_URL: postgresUrl({ port: postgres, password: secrets.postgresPassword }),
      REDIS_URL: redisUrl({ port: redis, password: secrets.redisPassword }),
      LIVEKIT_URL: livekitUrl ?? '',
      LIVEKIT_API_KEY: secrets.livekitApiKey,
      LIVEKIT_API_SECRET: secrets.livekitApiSecret,
      SPEECH_URL: 'http://speech.test',
    });
    try {
      const file = await ready(dataDir, guest);
      expect(Object.keys(file.pids).sort()).toEqual(['controlPlane', 'jobs', 'trunkline', 'worker']);
      expect(file).toMatchObject({ sip: null, livekitUrl, speechUrl: 'http://speech.test' });
      guest.child.kill('SIGTERM');
      expect(await guest.exited).toBe(0);
      expect(Object.values(theirs).every(isAlive)).toBe(true);
    } finally {
      await Promise.all([cleanUp(host, elsewhere), cleanUp(guest, dataDir)]);
    }
  });
});

describe('what does not fit ends with 1 and one sentence', () => {
  it('a port in use', async () => {
    using folder = dataFolder();
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    try {
      const http = await failure(join(folder.path, 'data'), {}, port);
      expect(http.code).toBe(1);
      expect(http.lines).toEqual([
        expect.stringMatching(new RegExp(`Port ${port} \\(API and console\\).* set PORT`)),
      ]);
      const redis = await failure(join(folder.path, 'data'), { REDIS_PORT: port });
      expect(redis.code).toBe(1);
      expect(redis.lines).toEqual([
        expect.stringMatching(new RegExp(`Port ${port} .*set REDIS_PORT to another`)),
      ]);
    } finally {
      server.close();
    }
  });

  it('a data folder that is a file', async () => {
    using folder = dataFolder();
    const path = join(folder.path, 'data');
    writeFileSync(path, 'not a folder');
    const { code, lines } = await failure(path);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/data folder .* is a file, not a folder\.$/)]);
    expect(readFileSync(path, 'utf8')).toBe('not a folder');
  });

  it('broken secrets', async () => {
    using folder = dataFolder();
    writeFileSync(join(folder.path, 'secrets.json'), '{"half":');
    const { code, lines } = await failure(folder.path);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/data folder is broken: .*secrets\.json/)]);
  });

  it('a database folder without a cluster, of another version, or damaged', async () => {
    for (const [break_, words] of [
      [{ stray: 'x' }, /holds files but no database cluster/],
      [{ PG_VERSION: '12\n' }, /is of PostgreSQL 12, this is 18/],
      [{ PG_VERSION: '18\n' }, /The embedded PostgreSQL .*data directory|The embedded PostgreSQL ended/],
    ] as const) {
      using folder = dataFolder();
      const cluster = join(folder.path, 'postgres');
      mkdirSync(cluster);
      for (const [name, text] of Object.entries(break_)) writeFileSync(join(cluster, name), text);
      const { code, lines } = await failure(folder.path);
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringMatching(words)]);
    }
  });

  it('a wrong DATABASE_URL, without telling its password', async () => {
    using folder = dataFolder();
    const port = await freePort();
    for (const [url, words] of [
      [
        `postgres://me:hush@127.0.0.1:${port}/x`,
        /DATABASE_URL does not work \(127\.0\.0\.1:\d+\/x\): nothing listens there\.$/,
      ],
      ['mysql://me:hush@127.0.0.1/x', /DATABASE_URL is not a URL that begins with postgres:\/\//],
      ['hush', /DATABASE_URL is not a URL/],
    ] as const) {
      const { code, lines } = await failure(folder.path, { DATABASE_URL: url });
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringMatching(words)]);
      expect(lines.join()).not.toContain('hush');
    }
  });

  it('a wrong REDIS_URL', async () => {
    using folder = dataFolder();
    const { code, lines } = await failure(folder.path, {
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/REDIS_URL does not work .*: nothing listens there\.$/)]);
  });

  it('a key that does not open the stored secrets, and a database of a newer version', async () => {
    await using t = await testContext();
    using folder = dataFolder();
    const { ctx } = await newPerson(t);
    await createCredential(ctx, { name: 'Shop', secret: { kind: 'bearer', token: 'of the shop' } });
    const other = await failure(folder.path, { DATABASE_URL: t.databaseUrl });
    expect([other.code, other.lines]).toEqual([
      1,
      [expect.stringMatching(/ENCRYPTION_KEY opens none of the stored secrets/)],
    ]);
    const later = Date.now() + 10 * 365 * 86_400_000;
    await t.db.execute(
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('of a newer version', ${later})`,
    );
    const newer = await failure(folder.path, { DATABASE_URL: t.databaseUrl });
    expect([newer.code, newer.lines]).toEqual([
      1,
      [expect.stringMatching(/database is of a newer version of Trunkline .*start that version/)],
    ]);
  });
});
