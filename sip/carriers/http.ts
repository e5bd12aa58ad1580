import { CarrierFailure } from '../../core/carriers/carrier-failure.ts';

const timeoutMs = 15_000;

export interface CarrierAnswer {
  readonly status: number;
  /** The parsed JSON; undefined when it is none. */
  readonly body: unknown;
}

export interface CarrierRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** As a form, or as JSON. */
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/**
 * One request to a carrier's API, whose address the operator has configured. Throws a CarrierFailure when nothing
 * usable comes back: `away` when nothing can have happened, else `unknown`; and `credentials` for 401 and 403.
 */
export async function ask(name: string, url: URL, request: CarrierRequest): Promise<CarrierAnswer> {
  const { method = 'GET', headers, form, json } = request;
  const body = form ? new URLSearchParams(form) : json === undefined ? null : JSON.stringify(json);
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    const nothingHappened =
      method === 'GET' || codeOf(cause) === 'ECONNREFUSED' || codeOf(cause) === 'ENOTFOUND';
    throw nothingHappened
      ? new CarrierFailure(`${name} could not be reached.`, 'away', { cause })
      : new CarrierFailure(`${name} did not answer.`, 'unknown', { cause });
  });
  const text = await response.text().catch(() => '');
  if (response.status === 401 || response.status === 403)
    throw new CarrierFailure(`${name} does not accept the account’s credentials.`, 'credentials');
  if (response.status === 429) throw new CarrierFailure(`${name} asks to slow down.`, 'away');
  if (response.status >= 500)
    throw new CarrierFailure(
      `${name} has a fault (status ${response.status}).`,
      method === 'GET' ? 'away' : 'unknown',
    );
  return { status: response.status, body: parsed(text) };
}

/** The address of one resource under a configured base URL. */
export function at(base: string, path: string, query: Readonly<Record<string, string | null>> = {}): URL {
  const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, value);
  return url;
}

export const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** What cannot be read is a fault of the carrier's, not of who asks. */
export const unreadable = (name: string): CarrierFailure =>
  new CarrierFailure(`${name} answered something that cannot be read.`, 'unknown');

const codeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause
    ? error.cause.code
    : undefined;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
