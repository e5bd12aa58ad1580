/** SIP messages as text (RFC 3261 section 7): parsing, serializing, the header list. */

const COMPACT: Record<string, string> = {
  i: 'call-id',
  m: 'contact',
  e: 'content-encoding',
  l: 'content-length',
  c: 'content-type',
  f: 'from',
  s: 'subject',
  k: 'supported',
  t: 'to',
  v: 'via',
  o: 'event',
  r: 'refer-to',
  b: 'referred-by',
  x: 'session-expires',
};

/** Headers whose values may share one line, separated by commas. */
const LISTS = new Set(['via', 'route', 'record-route', 'contact']);

export class SipParseError extends Error {
  override readonly name = 'SipParseError';
}

export class SipHeaders {
  readonly #entries: { name: string; value: string }[] = [];

  static of(entries: readonly (readonly [string, string])[]): SipHeaders {
    const headers = new SipHeaders();
    for (const [name, value] of entries) headers.add(name, value);
    return headers;
  }

  add(name: string, value: string): this {
    // A line break in a value would be a header of its own on the wire.
    this.#entries.push({ name, value: value.replace(/[\r\n]+/g, ' ').trim() });
    return this;
  }

  set(name: string, value: string): this {
    this.delete(name);
    return this.add(name, value);
  }

  delete(name: string): void {
    const key = canonical(name);
    for (let i = this.#entries.length - 1; i >= 0; i -= 1) {
      if (canonical(this.#entries[i]?.name ?? '') === key) this.#entries.splice(i, 1);
    }
  }

  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** All values of a header; a comma-separated list counts as several values. */
  all(name: string): string[] {
    const key = canonical(name);
    const values = this.#entries.filter((entry) => canonical(entry.name) === key).map((entry) => entry.value);
    return LISTS.has(key) ? values.flatMap(splitList) : values;
  }

  /** The value of a header without which the message means nothing. Throws `SipParseError`. */
  require(name: string): string {
    const value = this.get(name);
    if (!value) throw new SipParseError(`${name} is missing`);
    return value;
  }

  entries(): readonly { readonly name: string; readonly value: string }[] {
    return this.#entries;
  }
}

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: string;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** Throws `SipParseError` for anything that is not a complete SIP message. */
export function parseMessage(text: string): SipMessage {
  const split = text.search(/\r?\n\r?\n/);
  const head = split < 0 ? text : text.slice(0, split);
  const rest = split < 0 ? '' : text.slice(split).replace(/^\r?\n\r?\n/, '');
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const start = lines.shift() ?? '';
  const headers = new SipHeaders();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new SipParseError('a header line has no name');
    headers.add(line.slice(0, colon).trim(), line.slice(colon + 1));
  }
  for (const name of ['via', 'from', 'to', 'call-id', 'cseq']) headers.require(name);
  parseCSeq(headers);
  const body = cutBody(headers, rest);

  const response = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/.exec(start);
  if (response) {
    return { kind: 'response', status: Number(response[1]), reason: response[2] ?? '', headers, body };
  }
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(start);
  if (!request?.[1] || !request[2]) throw new SipParseError('the start line is not SIP/2.0');
  return { kind: 'request', method: request[1], uri: request[2], headers, body };
}

function cutBody(headers: SipHeaders, rest: string): string {
  const declared = headers.get('content-length');
  if (declared === undefined) return rest;
  if (!/^\d+$/.test(declared)) throw new SipParseError('content-length is not a number');
  const bytes = Buffer.from(rest);
  if (bytes.length < Number(declared)) throw new SipParseError('the body is shorter than content-length');
  return bytes.subarray(0, Number(declared)).toString();
}

export function serializeMessage(message: SipMessage): string {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers
    .entries()
    .filter(({ name }) => canonical(name) !== 'content-length')
    .map(({ name, value }) => `${name}: ${value}`);
  lines.push(`Content-Length: ${Buffer.byteLength(message.body)}`);
  return `${[start, ...lines].join('\r\n')}\r\n\r\n${message.body}`;
}

export function parseCSeq(headers: SipHeaders): CSeq {
  const match = /^(\d{1,10})\s+([A-Z]+)$/.exec(headers.require('cseq'));
  if (!match?.[2]) throw new SipParseError('cseq is not a number and a method');
  return { number: Number(match[1]), method: match[2] };
}

export function callIdOf(message: SipMessage): string {
  return message.headers.require('call-id');
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** Splits at the commas that stand outside quotes and angle brackets. */
function splitList(value: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let depth = 0;
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    if (!quoted && char === '<') depth += 1;
    if (!quoted && char === '>') depth -= 1;
    if (char === ',' && !quoted && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  parts.push(part.trim());
  return parts.filter((entry) => entry.length > 0);
}
