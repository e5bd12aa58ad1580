import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCredential, deleteCredential } from '../../../core/credentials/index.ts';
import { newPerson } from '../../factories/people.ts';
import { type TestContext, testContext } from '../../harness/context.ts';
import { type OurNode, ourEnv, preferredNode, thisNode } from '../../harness/our-process.ts';
import { type RunningRedis, startRedis } from '../../harness/redis.ts';

const entry = fileURLToPath(new URL('../../../control-plane/server.ts', import.meta.url));

let t: TestContext;
let redis: RunningRedis;
const started: ChildProcess[] = [];
beforeAll(async () => {
  t = await testContext();
  redis = await startRedis();
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await redis.stop();
  await t[Symbol.asyncDispose]();
});

function start(env: Record<string, string> = {}, node: OurNode = preferredNode) {
  const child = spawn(node.path, [...node.args, entry], {
    env: {
      ...ourEnv(),
      PORT: '0',
      DATABASE_URL: t.databaseUrl,
      REDIS_URL: redis.url,
      // Nothing listens there: a control plane starts without LiveKit, and says so in /health/ready.
      LIVEKIT_URL: 'ws://127.0.0.1:9',
      LIVEKIT_API_KEY: 'key',
      LIVEKIT_API_SECRET: 'a secret of at least 32 characters, really',
      INTERNAL_TOKEN: 'internal',
      AUTH_SECRET: randomBytes(32).toString('hex'),
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  started.push(child);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, out: () => out, err: () => err };
}

describe('the process', () => {
  it.each([
    ['preferred', preferredNode],
    ['of this machine', thisNode],
  ])(
    'with the Node %s says when it is ready and on which port, and stops on SIGTERM with code 0',
    async (_which, node) => {
      const { child, exited, out } = start({}, node);
      const [ready] = await once(child, 'message');
      expect(ready).toEqual({ ready: true, port: expect.any(Number) });
      const url = `http://127.0.0.1:${ready.port}`;
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const readiness = await fetch(`${url}/health/ready`);
      expect(readiness.status).toBe(503);
      expect(await readiness.json()).toMatchObject({
        db: { state: 'ok' },
        redis: { state: 'ok' },
        livekit: { state: 'down' },
      });
      child.kill('SIGTERM');
      expect(await exited).toBe(0);
      expect(out()).toContain('"operationId":"getHealth"');
    },
  );

  it('answers while Redis is there and says nothing: limits are counted in memory', async () => {
    const frozen = await startRedis();
    const redis = new Redis(frozen.url);
    const { child, exited } = start({ REDIS_URL: frozen.url });
    const [{ port }] = await once(child, 'message');
    await redis.call('CLIENT', 'PAUSE', '600000', 'ALL');
    const answer = await fetch(`http://127.0.0.1:${port}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@pier.test', password: 'a guess at it' }),
      signal: AbortSignal.timeout(20_000),
    });
    expect(answer.status).toBe(401);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    redis.disconnect();
    await frozen.stop();
  });

  it('stops when its parent is gone', async () => {
    const { child, exited } = start();
    await once(child, 'message');
    child.disconnect();
    expect(await exited).toBe(0);
  });

  const oneSentence = (err: string) => {
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).not.toMatch(/\n\s+at /);
  };

  it('says in one sentence that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { exited, err } = start({ PORT: port });
    expect(await exited).toBe(1);
    other.close();
    oneSentence(err());
    expect(err()).toContain(port);
  });

  it.each([
    [
      'a database that is not there',
      { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/none' },
      'DATABASE_URL',
    ],
    ['a Redis that is not there', { REDIS_URL: 'redis://:hunter2@127.0.0.1:9' }, 'REDIS_URL'],
    ['a port that is none', { PORT: 'eighty' }, 'PORT'],
    ['a missing secret', { INTERNAL_TOKEN: '' }, 'INTERNAL_TOKEN'],
    ['a key of another length', { ENCRYPTION_KEY: 'hunter2' }, 'ENCRYPTION_KEY'],
  ])('says in one sentence that it has %s, without a password', async (_what, env, name) => {
    const { exited, err } = start(env);
    expect(await exited).toBe(1);
    oneSentence(err());
    expect(err()).toContain(name);
    expect(err()).not.toContain('hunter2');
  });

  it('says in one sentence that its key does not open what is stored, and does not start', async () => {
    const { ctx } = await newPerson(t);
    const secret = { kind: 'bearer' as const, token: 'of the shop' };
    const { id } = await createCredential(ctx, { name: 'Shop', secret });
    const { exited, err } = start();
    expect(await exited).toBe(1);
    oneSentence(err());
    expect(err()).toContain('ENCRYPTION_KEY opens none of the stored secrets');
    await deleteCredential(ctx, { credentialId: id });
  });
});
