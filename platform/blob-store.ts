import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsClient } from 'aws4fetch';
import { type Config, ConfigError } from './config.ts';
import { newId } from './ids.ts';
import { retry } from './retry.ts';
import { arriving, leaving, nothingMoved } from './s3-body.ts';

/** Where bytes live that are too many for a row: files, recordings. Keys are paths of plain segments. */
export interface BlobStore {
  /**
   * Stores everything the source yields, or nothing: a source that fails leaves no trace. Returns the size in bytes.
   */
  put(key: string, source: AsyncIterable<Uint8Array>): Promise<number>;
  /** All of it, or the bytes of a range that lies within it. Throws BlobNotFoundError. */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** Nothing happens when there is nothing. */
  remove(key: string): Promise<void>;
}

/** Both included, from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError';
}

export interface S3Settings {
  /** Without the bucket; the bucket is the first segment of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** S3 when its settings are there, else a folder in the data folder. Throws ConfigError for half of the settings. */
export function openBlobStore({ env, dataDir }: Pick<Config, 'env' | 'dataDir'>): BlobStore {
  const { S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_ENDPOINT, S3_REGION } = env;
  if (S3_BUCKET && S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY)
    return new S3BlobStore({
      endpoint: S3_ENDPOINT ?? `https://s3.${S3_REGION}.amazonaws.com`,
      bucket: S3_BUCKET,
      region: S3_REGION,
      accessKeyId: S3_ACCESS_KEY_ID,
      secretAccessKey: S3_SECRET_ACCESS_KEY,
    });
  if (S3_BUCKET || S3_ACCESS_KEY_ID || S3_SECRET_ACCESS_KEY || S3_ENDPOINT)
    throw new ConfigError(
      'For S3 all of S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set; for the data folder none.',
    );
  return new FolderBlobStore(join(dataDir, 'blobs'));
}

/** Files under a folder. A file is there whole or not at all: it is written beside and renamed. */
export class FolderBlobStore implements BlobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    const path = this.#pathOf(key);
    await mkdir(dirname(path), { recursive: true });
    const part = `${path}.${newId()}.part`;
    try {
      const { sizeBytes } = await spool(source, part);
      await rename(part, path);
      return sizeBytes;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    try {
      return (await open(this.#pathOf(key))).createReadStream({ ...range });
    } catch (error) {
      throw isMissing(error) ? new BlobNotFoundError(`There is no blob ${key}.`) : error;
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    assertKey(key);
    return join(this.#folder, ...key.split('/'));
  }
}

/** How long nothing may move between S3 and us, milliseconds. */
const s3IdleMs = 120_000;

/** An S3-compatible bucket, addressed by path. A blob is spooled to disk first: S3 wants its size and hash ahead. */
export class S3BlobStore implements BlobStore {
  readonly #base: string;
  readonly #client: AwsClient;
  readonly #idleMs: number;

  constructor(
    { endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Settings,
    idleMs: number = s3IdleMs,
  ) {
    this.#base = `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(bucket)}`;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3' });
    this.#idleMs = idleMs;
  }

  async put(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    assertKey(key);
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-blob-'));
    const path = join(folder, 'blob');
    try {
      const { sizeBytes, sha256 } = await spool(source, path);
      const headers = { 'content-length': String(sizeBytes), 'x-amz-content-sha256': sha256 };
      await this.#send('PUT', key, headers, () => createReadStream(path));
      return sizeBytes;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const headers: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end}` } : {};
    const response = await this.#send('GET', key, headers);
    if (response.status === 404) throw new BlobNotFoundError(`There is no blob ${key}.`);
    return response.body ? arriving(response.body, this.#idleMs) : Readable.from([]);
  }

  async remove(key: string): Promise<void> {
    await this.#send('DELETE', key);
  }

  /**
   * Up to the headers of the answer. Tries again when the network or the server fails. 404 is an answer; any other
   * refusal is an Error.
   */
  async #send(
    method: string,
    key: string,
    headers: Record<string, string> = {},
    body?: () => Readable,
  ): Promise<Response> {
    assertKey(key);
    return retry(
      async () => {
        // Signed without the body: its hash is among the headers, and a stream cannot be read twice.
        const signed = await this.#client.sign(`${this.#base}/${key}`, { method, headers });
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(nothingMoved(this.#idleMs)), this.#idleMs);
        try {
          const response = await fetch(signed.url, {
            method,
            headers: signed.headers,
            signal: abort.signal,
            ...(body ? { body: Readable.toWeb(leaving(body(), timer)) as BodyInit, duplex: 'half' } : {}),
          });
          if (response.ok || (response.status === 404 && method !== 'PUT')) return response;
          const detail = (await response.text()).slice(0, 300);
          throw new S3Error(response.status, `S3 answered ${response.status} to ${method}: ${detail}`);
        } finally {
          clearTimeout(timer);
        }
      },
      {
        attempts: 3,
        baseMs: 200,
        retryIf: (error) => !(error instanceof S3Error) || error.status >= 500 || error.status === 429,
      },
    );
  }
}

class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function spool(
  source: AsyncIterable<Uint8Array>,
  path: string,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const counting = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(source, counting, createWriteStream(path, { mode: 0o600 }));
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Keys are ours, never a stranger's file name; this keeps it so. */
function assertKey(key: string): void {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(key) || key.length > 500)
    throw new Error('A blob key has segments of letters, digits, ., _ and -, with slashes between.');
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
