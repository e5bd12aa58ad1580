import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import multer from '@koa/multer';
import type Koa from 'koa';
import { HttpError } from './errors.ts';

interface Receiver<T> {
  readonly maxFiles: number;
  /** Of the whole body, as far as it says its length. Each file bounds itself. */
  readonly maxBytes: number;
  /** Takes one file; it has to read the stream to its end. */
  keep(name: string, stream: Readable): Promise<T>;
  /** Takes back what was kept when the request as a whole fails. */
  drop(kept: T): Promise<void>;
}

/** What multer hands over and back; its published types know neither the stream nor a result of one's own. */
interface Part<T> {
  readonly originalname: string;
  readonly stream: Readable;
  readonly kept?: T;
}
type Done<T> = (error: unknown, info?: { readonly kept: T }) => void;

/**
 * Streams every file of a multipart/form-data body to `keep`, whatever the fields are called, in their order.
 * Throws HttpError 415 for another media type, 413 for a body that announces too much, 400 for too many files, none at
 * all and broken bodies.
 */
export async function receiveFiles<T>(koa: Koa.Context, receiver: Receiver<T>): Promise<T[]> {
  const { maxFiles, maxBytes } = receiver;
  if (!koa.is('multipart/form-data'))
    throw new HttpError(415, 'Send the files as multipart/form-data, each as a part with a file name.');
  if (Number(koa.get('content-length') || 0) > maxBytes)
    throw new HttpError(413, `The body is larger than ${maxBytes} bytes.`, {
      headers: { Connection: 'close' },
    });
  const options = {
    storage: engineOf(receiver) as unknown as multer.StorageEngine,
    limits: { files: maxFiles, fields: 20, fieldSize: 10_000, parts: maxFiles + 20, headerPairs: 50 },
    defParamCharset: 'utf8',
  };
  try {
    await multer(options).any()(koa as Parameters<Koa.Middleware>[0], async () => {});
  } catch (error) {
    throw refusalOf(error, maxFiles);
  }
  const parts = (koa.files ?? []) as unknown as Part<T>[];
  if (parts.length === 0)
    throw new HttpError(400, 'There is no file in the body; send each as a part with a file name.');
  return parts.flatMap(({ kept }) => (kept === undefined ? [] : [kept]));
}

function engineOf<T>({ keep, drop }: Receiver<T>) {
  return {
    _handleFile: (_request: IncomingMessage, { originalname, stream }: Part<T>, done: Done<T>) => {
      keep(originalname, stream).then((kept) => done(null, { kept }), done);
    },
    _removeFile: (_request: IncomingMessage, { kept }: Part<T>, done: Done<T>) => {
      if (kept === undefined) return done(null);
      drop(kept).then(() => done(null), done);
    },
  };
}

/** multer and busboy speak of the body's form; whatever else was thrown is `keep`'s. */
function refusalOf(error: unknown, maxFiles: number): unknown {
  const { name, code, message = '' } = error as { name?: string; code?: string; message?: string };
  if (code === 'LIMIT_FILE_COUNT') return new HttpError(400, `At most ${maxFiles} files at once.`);
  if (name === 'MulterError') return new HttpError(400, `The body does not fit: ${message}.`);
  return /^(Unexpected end of form|Malformed |Multipart: |Request (aborted|closed))/.test(message)
    ? new HttpError(400, 'The multipart body is broken or ends too early.')
    : error;
}
