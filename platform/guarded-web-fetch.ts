import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type GuardedOptions, guardedStream } from './guarded-fetch.ts';

interface Options extends Pick<GuardedOptions, 'allow' | 'resolve' | 'timeoutMs'> {
  /** Headers that go with each request, made for it. */
  readonly headersFor?: (url: URL, body: string | undefined) => Readonly<Record<string, string>>;
  /** Of one answer; one that is longer breaks off with an error. */
  readonly maxBytes: number;
}

/**
 * Guarded fetch in the shape of the web's own, for clients that take a `fetch`. Bodies are texts. Redirects are handed
 * back, so that whoever follows one comes through the guard again. Rejects with a GuardedFetchError.
 */
export function guardedWebFetch(options: Options) {
  return async (target: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(target);
    const body = textOf(init.body);
    const { status, headers, stream } = await guardedStream(url.href, {
      method: init.method ?? 'GET',
      headers: {
        ...Object.fromEntries(new Headers(init.headers).entries()),
        ...options.headersFor?.(url, body),
      },
      ...(body === undefined ? {} : { body }),
      ...(options.allow ? { allow: options.allow } : {}),
      ...(options.resolve ? { resolve: options.resolve } : {}),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...(init.signal ? { signal: init.signal } : {}),
      redirects: 'manual',
    });
    const empty = status === 204 || status === 205 || status === 304;
    if (empty) stream.resume();
    return new Response(empty ? null : (limited(stream, options.maxBytes) as BodyInit), { status, headers });
  };
}

function textOf(body: RequestInit['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  throw new Error('Only texts are sent.');
}

function limited(stream: Readable, maxBytes: number): ReadableStream {
  let size = 0;
  const gate = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size > maxBytes) done(new Error(`The answer is longer than ${maxBytes} bytes.`));
      else done(null, chunk);
    },
  });
  stream.once('error', (error) => gate.destroy(error));
  // Whoever stops reading hangs up.
  gate.once('close', () => stream.destroy());
  return Readable.toWeb(stream.pipe(gate));
}
