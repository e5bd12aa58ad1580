import type { IncomingMessage } from 'node:http';
import { HttpError } from './errors.ts';

export const defaultBodyLimitBytes = 1_048_576;
const maxDepth = 64;

/** For a body that is kept in memory; what is streamed may take as long as something of it comes (listen.ts). */
const bodyTimeoutMs = 300_000;

/** Reads a body up to a limit; 413 beyond it, without keeping what came. 400 when it breaks off. */
export async function readRawBody(
  request: IncomingMessage,
  limitBytes: number = defaultBodyLimitBytes,
): Promise<Buffer> {
  const tooLarge = () =>
    new HttpError(413, `The body is larger than ${limitBytes} bytes.`, { headers: { Connection: 'close' } });
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  const late = setTimeout(() => request.destroy(), bodyTimeoutMs);
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limitBytes) throw tooLarge();
      chunks.push(bytes);
    }
  } catch (error) {
    // Whoever hung up is no fault of ours, and hears nothing of it.
    throw error instanceof HttpError ? error : new HttpError(400, 'The body ends too early.');
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}

/** The body as the media type says. An absent body is `undefined`, and the route's schema decides about it. */
export function parseBody(raw: Buffer, request: IncomingMessage, accepted: readonly string[]): unknown {
  if (raw.length === 0) return undefined;
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new HttpError(415, `The content encoding ${encoding} is not supported; send the body as it is.`);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!accepted.includes(type))
    throw new HttpError(
      415,
      `The media type ${type === '' ? '(none)' : type} is not supported; send ${accepted.join(' or ')}.`,
    );
  if (type === 'application/x-www-form-urlencoded')
    return Object.fromEntries(new URLSearchParams(raw.toString('utf8')));
  return parseJson(raw);
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message : 'it is not UTF-8';
    throw new HttpError(400, `The body is not JSON: ${detail}.`, {
      fields: [{ path: '', message: 'not JSON' }],
    });
  }
}

const unstorable = /[\0\p{Surrogate}]/u;

/**
 * Refuses what PostgreSQL cannot store (NUL, lone surrogates) and nesting that would overflow a stack later,
 * so that no route has to think of it.
 */
export function assertStorable(value: unknown): void {
  const left: { value: unknown; path: string; depth: number }[] = [{ value, path: '', depth: 0 }];
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    const { value: at, path, depth } = item;
    const refuse = (message: string): never => {
      throw new HttpError(400, 'The request does not fit.', { fields: [{ path, message }] });
    };
    if (depth > maxDepth) refuse(`nested deeper than ${maxDepth}`);
    if (typeof at === 'string' && unstorable.test(at)) refuse('contains a NUL or a broken character');
    if (typeof at !== 'object' || at === null) continue;
    for (const [key, child] of Object.entries(at)) {
      if (unstorable.test(key)) refuse('a key contains a NUL or a broken character');
      left.push({ value: child, path: path === '' ? key : `${path}.${key}`, depth: depth + 1 });
    }
  }
}
