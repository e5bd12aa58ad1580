import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { describe, expect, test } from 'vitest';
import { type BlobStore, FolderBlobStore, openBlobStore, S3BlobStore } from '../../platform/blob-store.ts';
import { readEnv } from '../../platform/config.ts';
import { sha256 } from '../../platform/crypto.ts';
import { withResolvers } from '../../platform/with-resolvers.ts';

const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };

interface Rigged extends AsyncDisposable {
  readonly store: BlobStore;
  /** How many blobs or traces of blobs there are. */
  count(): Promise<number>;
}

async function folder(): Promise<Rigged> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-blobs-'));
  return {
    store: new FolderBlobStore(join(root, 'blobs')),
    count: async () =>
      (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
        .length,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** As much of S3 as is used: it keeps what was signed with the right secret, hash and length. */
async function s3({
  failures = 0,
  secret = keys.secretAccessKey,
} = {}): Promise<Rigged & { requests: number }> {
  const blobs = new Map<string, Buffer>();
  const rig = { requests: 0 };
  const server = createServer(async (request, response) => {
    rig.requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const refuse = (status: number) => void response.writeHead(status).end('<Error/>');
    if (rig.requests <= failures) return refuse(503);
    const headers = new Headers(request.headers as Record<string, string>);
    const [path = '', host] = [request.url, request.headers.host];
    const sign = new AwsClient({ ...keys, secretAccessKey: secret, service: 's3', region: 'eu-west-1' }).sign(
      `http://${host}${path}`,
      {
        method: request.method ?? 'GET',
        headers: Object.fromEntries(
          [...headers].filter(([name]) => name.startsWith('x-amz-') || name === 'content-length'),
        ),
        aws: { datetime: headers.get('x-amz-date') ?? '' },
      },
    );
    if ((await sign).headers.get('authorization') !== headers.get('authorization')) return refuse(403);
    if (request.method === 'PUT') {
      if (headers.get('content-length') !== String(body.length)) return refuse(411);
      if (headers.get('x-amz-content-sha256') !== sha256(body.toString('latin1')) && body.length > 0)
        return refuse(400);
      blobs.set(path, body);
    }
    if (request.method === 'DELETE') blobs.delete(path);
    const blob = blobs.get(path);
    const [, from = '0', to = '999'] = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '') ?? [];
    if (request.method === 'GET')
      return blob ? void response.end(blob.subarray(Number(from), Number(to) + 1)) : refuse(404);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return Object.assign(rig, {
    store: new S3BlobStore({ ...keys, endpoint, bucket: 'calls', region: 'eu-west-1' }),
    count: async () => blobs.size,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

async function* source(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
}
async function* failing() {
  yield Buffer.from('first half');
  throw new Error('the line was cut');
}
const read = async (store: BlobStore, key: string) =>
  Buffer.concat(await (await store.get(key)).toArray()).toString();

describe.each([
  ['folder', folder],
  ['S3', s3],
] as const)('a %s', (_, make) => {
  test('gives back what was put, replaces, and removes without complaint', async () => {
    await using rig = await make();
    const { store } = rig;
    expect(await store.put('knowledge/agent-1/file_1.txt', source('Hello ', 'world'))).toBe(11);
    expect(await read(store, 'knowledge/agent-1/file_1.txt')).toBe('Hello world');
    await store.put('knowledge/agent-1/file_1.txt', source('again'));
    expect(await read(store, 'knowledge/agent-1/file_1.txt')).toBe('again');
    expect(await store.put('empty', source())).toBe(0);
    expect(await read(store, 'empty')).toBe('');
    await store.remove('knowledge/agent-1/file_1.txt');
    await store.remove('knowledge/agent-1/file_1.txt');
    await expect(store.get('knowledge/agent-1/file_1.txt')).rejects.toMatchObject({
      name: 'BlobNotFoundError',
    });
  });

  test('gives a range of bytes, both ends included', async () => {
    await using rig = await make();
    await rig.store.put('a', source('0123456789'));
    const bytes = Buffer.concat(await (await rig.store.get('a', { start: 3, end: 5 })).toArray());
    expect(bytes.toString()).toBe('345');
  });

  test('keeps nothing of a source that fails', async () => {
    await using rig = await make();
    await expect(rig.store.put('half', failing())).rejects.toThrow('the line was cut');
    expect(await rig.count()).toBe(0);
    await expect(rig.store.get('half')).rejects.toMatchObject({ name: 'BlobNotFoundError' });
  });

  test('takes no key that could lead elsewhere', async () => {
    await using rig = await make();
    for (const key of [
      '../secret',
      'a/../b',
      '/etc/passwd',
      'a//b',
      '',
      '.hidden',
      'a b',
      'a?b',
      'a\\b',
      'ü',
    ])
      for (const attempt of [
        () => rig.store.put(key, source('x')),
        () => rig.store.get(key),
        () => rig.store.remove(key),
      ])
        await expect(attempt()).rejects.toThrow(/A blob key/);
    expect(await rig.count()).toBe(0);
  });
});

test('S3 that stumbles is asked again; a wrong secret is not', async () => {
  await using stumbling = await s3({ failures: 2 });
  await stumbling.store.put('a', source('words'));
  expect([await read(stumbling.store, 'a'), stumbling.requests]).toEqual(['words', 4]);
  await using strict = await s3({ secret: 'another secret' });
  await expect(strict.store.put('a', source('words'))).rejects.toThrow(/S3 answered 403/);
  expect(strict.requests).toBe(1);
});

describe('the patience with S3', () => {
  const idleMs = 500;
  /** A store at a server that answers like this. */
  async function at(answer: RequestListener): Promise<AsyncDisposable & { store: BlobStore }> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      store: new S3BlobStore({ ...keys, endpoint, bucket: 'calls', region: 'eu-west-1' }, idleMs),
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }

  test('lasts as long as a reader takes', async () => {
    const blob = Buffer.alloc(32 * 1024 * 1024, 'x');
    await using s3 = await at((_, response) => response.end(blob));
    let sizeBytes = 0;
    for await (const chunk of await s3.store.get('large')) {
      if (sizeBytes === 0) await sleep(2 * idleMs);
      sizeBytes += chunk.length;
    }
    expect(sizeBytes).toBe(blob.length);
  });

  test('lasts while pieces come and go, however many', async () => {
    await using s3 = await at(async (request, response) => {
      if (request.method === 'PUT') for await (const _ of request) await sleep(4);
      else
        for (let n = 0; n < 8; n++) {
          response.write('piece');
          await sleep(idleMs / 4);
        }
      response.end();
    });
    expect(await read(s3.store, 'slow')).toBe('piece'.repeat(8));
    const pieces = Array.from({ length: 32 }, () => 'x'.repeat(1024 * 1024));
    expect(await s3.store.put('slow', source(...pieces))).toBe(32 * 1024 * 1024);
  });

  test('ends when nothing comes any more, or at all', async () => {
    const { promise: hungUp, resolve } = withResolvers<void>();
    await using s3 = await at((request, response) => {
      if (request.url?.endsWith('half')) response.write('first half');
      response.once('close', resolve);
    });
    const half = await s3.store.get('half');
    await expect(half.toArray()).rejects.toThrow('Nothing moved between S3 and us for 500 ms.');
    await hungUp;
    await expect(s3.store.get('silence')).rejects.toThrow('Nothing moved');
  });
});

test('half of the S3 settings is refused in words; none means the data folder', () => {
  const env = (source: Record<string, string>) => ({ env: readEnv(source), dataDir: '/tmp/nowhere' });
  expect(openBlobStore(env({}))).toBeInstanceOf(FolderBlobStore);
  expect(() => openBlobStore(env({ S3_BUCKET: 'calls' }))).toThrow(/S3_ACCESS_KEY_ID/);
  expect(
    openBlobStore(env({ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'k', S3_SECRET_ACCESS_KEY: 's' })),
  ).toBeInstanceOf(S3BlobStore);
});
