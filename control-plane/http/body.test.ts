import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readRawBody } from './body.ts';
import { failureOf } from './errors.ts';

const requestOf = (chunks: () => AsyncGenerator<Buffer>) =>
  Object.assign(Readable.from(chunks()), { headers: {} }) as unknown as IncomingMessage;

test('a caller who hangs up in the middle of a body is no fault of ours', async () => {
  const request = requestOf(async function* () {
    yield Buffer.from('{"email":');
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  });
  const error = await readRawBody(request).catch((thrown: unknown) => thrown);
  expect(failureOf(error)).toMatchObject({ status: 400, unexpected: false });
});

test('a body that grows beyond its limit is 413, however it is sent', async () => {
  const request = requestOf(async function* () {
    yield Buffer.alloc(8);
    yield Buffer.alloc(8);
  });
  await expect(readRawBody(request, 10)).rejects.toMatchObject({ status: 413 });
});
