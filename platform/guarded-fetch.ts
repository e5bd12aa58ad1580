import { lookup as dnsLookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isForbiddenAddress } from './forbidden-address.ts';

/** Why a user-given URL was not fetched. The message is fit for people and models. */
export class GuardedFetchError extends Error {
  override readonly name = 'GuardedFetchError';
  /** refused: by the guard. unreachable: a repetition may fare better. */
  readonly kind: 'refused' | 'timeout' | 'aborted' | 'unreachable';

  constructor(message: string, kind: GuardedFetchError['kind'] = 'refused') {
    super(message);
    this.kind = kind;
  }
}

export interface GuardedOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For the whole exchange, redirects included. Default 10 s. */
  readonly timeoutMs?: number;
  /** What is read of the answer; the rest is cut. Default 64 KB. */
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
  /** manual: a redirect is an answer like any other. */
  readonly redirects?: 'follow' | 'manual';
  /** host:port (or host) that may be reached although private. */
  readonly allow?: readonly string[];
  readonly signal?: AbortSignal;
  /** How names become addresses. Tests bring their own, so that nothing they ask for leaves the machine. */
  readonly resolve?: (host: string) => Promise<readonly { address: string; family: number }[]>;
}

export interface GuardedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly truncated: boolean;
  readonly url: string;
}

/** An answer whose body is still to be read, or to be destroyed. */
export interface GuardedStream extends Omit<GuardedResponse, 'body' | 'truncated'> {
  readonly stream: IncomingMessage;
}

/**
 * Fetches a URL that somebody else chose. Only http(s); every address a name resolves to must be public (checked
 * after resolution, the connection is pinned to the checked address) unless `allow` names the host and port; every
 * redirect is checked again and loses credentials when it leaves the origin. Throws a GuardedFetchError.
 */
export async function guardedFetch(url: string, options: GuardedOptions = {}): Promise<GuardedResponse> {
  return bounded(options, async (signal) => {
    const { stream, ...response } = await follow(url, options, signal);
    return { ...response, ...(await readBody(stream, options.maxBytes ?? 65_536)) };
  });
}

/**
 * The same for an answer that comes bit by bit. `timeoutMs` bounds the time until its headers are there; from then on
 * `signal` ends it. Throws a GuardedFetchError; what breaks later is an error of the stream.
 */
export async function guardedStream(url: string, options: GuardedOptions = {}): Promise<GuardedStream> {
  const abort = new AbortController();
  const giveUp = () => abort.abort();
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  try {
    const response = await bounded(options, (signal) => {
      signal.addEventListener('abort', giveUp, { once: true });
      return follow(url, options, abort.signal).finally(() => signal.removeEventListener('abort', giveUp));
    });
    response.stream.once('close', () => options.signal?.removeEventListener('abort', giveUp));
    return response;
  } catch (error) {
    options.signal?.removeEventListener('abort', giveUp);
    throw error;
  }
}

async function bounded<T>(options: GuardedOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeoutMs = 10_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await run(signal);
  } catch (error) {
    if (error instanceof GuardedFetchError) throw error;
    if (timeout.aborted)
      throw new GuardedFetchError(`The server did not answer within ${timeoutMs} ms.`, 'timeout');
    if (signal.aborted) throw new GuardedFetchError('The request was given up.', 'aborted');
    const reason =
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
    throw new GuardedFetchError(`The server could not be reached (${reason}).`, 'unreachable');
  }
}

async function follow(url: string, options: GuardedOptions, signal: AbortSignal): Promise<GuardedStream> {
  const { maxRedirects = 3 } = options;
  let request: Request = {
    url: parse(url),
    method: options.method ?? 'GET',
    headers: { ...options.headers },
    body: options.body,
  };
  for (let hop = 0; ; hop++) {
    const response = await exchange(request, options, signal);
    const { location } = response.headers;
    const leads = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined;
    if (!leads || options.redirects === 'manual') return response;
    response.stream.destroy();
    if (hop >= maxRedirects) throw new GuardedFetchError('The server redirects too often.');
    request = redirected(request, response.status, parse(location, request.url));
  }
}

interface Request {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

function parse(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new GuardedFetchError('The URL is not valid.');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new GuardedFetchError('Only http and https URLs are fetched.');
  if (url.username || url.password) throw new GuardedFetchError('URLs with credentials are not fetched.');
  return url;
}

function redirected(request: Request, status: number, url: URL): Request {
  const keepBody = status === 307 || status === 308;
  const sameOrigin = url.origin === request.url.origin;
  // Any other header may carry a key, whatever its name.
  const harmless = /^(accept|accept-language|user-agent|content-type|content-length)$/i;
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => (sameOrigin || harmless.test(name)) && (keepBody || !/^content-/i.test(name)),
    ),
  );
  return keepBody
    ? { ...request, url, headers }
    : { url, headers, method: request.method === 'HEAD' ? 'HEAD' : 'GET', body: undefined };
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

function isAllowed(url: URL, allow: readonly string[]): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return allow.some((entry) => entry === `${host}:${port}` || entry === host);
}

/** Whether the guard would refuse a URL whatever its name resolves to: it says a forbidden address itself. Pure. */
export function isForbiddenOnSight(text: string, allow: readonly string[]): boolean {
  const url = new URL(text);
  const host = hostOf(url);
  const isForbidden = isIP(host) ? isForbiddenAddress(host) : /(^|\.)localhost\.?$/.test(host);
  return isForbidden && !isAllowed(url, allow);
}

/** The one address to connect to, after all addresses of the name have passed. */
async function checkedAddress(
  url: URL,
  { allow = [], resolve = resolveName }: GuardedOptions,
  signal: AbortSignal,
): Promise<{ address: string; family: number }> {
  const host = hostOf(url);
  const addresses = isIP(host)
    ? [{ address: host, family: isIP(host) }]
    : await unlessAborted(resolve(host), signal);
  if (!isAllowed(url, allow) && addresses.some(({ address }) => isForbiddenAddress(address)))
    throw new GuardedFetchError('The URL leads to a private or reserved address, which is not allowed.');
  const [first] = addresses;
  if (!first) throw new GuardedFetchError('The name of the server does not resolve.');
  return first;
}

const resolveName = (host: string) => dnsLookup(host, { all: true, verbatim: false });

/** A name server that does not answer holds a lookup far longer than anybody waits. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
}

async function exchange(
  request: Request,
  options: GuardedOptions,
  signal: AbortSignal,
): Promise<GuardedStream> {
  const { address, family } = await checkedAddress(request.url, options, signal);
  const lookup: LookupFunction = (_host, { all }, done) =>
    all ? done(null, [{ address, family }]) : done(null, address, family);
  const send = request.url.protocol === 'https:' ? httpsRequest : httpRequest;
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(request.url, {
      method: request.method,
      headers: request.headers,
      lookup,
      signal,
      agent: false,
    });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
  return {
    status: stream.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(stream.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    stream,
    url: request.url.href,
  };
}

async function readBody(
  response: IncomingMessage,
  maxBytes: number,
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, Math.max(0, maxBytes - size)));
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      break;
    }
  }
  return { body: Buffer.concat(chunks), truncated: size > maxBytes };
}
