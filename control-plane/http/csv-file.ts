import { Readable } from 'node:stream';
import type Koa from 'koa';

/** As the `contentType` of a route. */
export const csvType = 'text/csv; charset=utf-8';

/** Answers 200 with a file to keep, sent as it is made. */
export function sendCsv(
  koa: Koa.Context,
  fileName: string,
  chunks: AsyncIterable<string | Uint8Array>,
): void {
  koa.status = 200;
  koa.type = csvType;
  koa.set('Cache-Control', 'no-store');
  koa.attachment(fileName);
  koa.body = Readable.from(chunks, { objectMode: false });
}
