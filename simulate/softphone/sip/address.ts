import { SipParseError } from './message.ts';

/** A From, To, Contact or Route value: display name, URI, header parameters. */
export interface NameAddress {
  readonly uri: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface SipUri {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly params: Readonly<Record<string, string>>;
}

export interface Via {
  readonly host: string;
  readonly port: number;
  readonly params: Readonly<Record<string, string>>;
}

export interface Peer {
  readonly host: string;
  readonly port: number;
}

export function parseNameAddress(value: string): NameAddress {
  const bracketed = /^(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<([^>]+)>(.*)$/.exec(value);
  if (bracketed?.[1]) return { uri: bracketed[1], params: parseParams(bracketed[2] ?? '') };
  const semicolon = value.indexOf(';');
  if (semicolon < 0) return { uri: value.trim(), params: {} };
  return { uri: value.slice(0, semicolon).trim(), params: parseParams(value.slice(semicolon)) };
}

/** `tel:` URIs give the number as user and no host. Throws `SipParseError`. */
export function parseUri(uri: string): SipUri {
  const tel = /^tel:([^;]+)(.*)$/i.exec(uri);
  if (tel?.[1]) return { user: tel[1], host: '', port: 0, params: parseParams(tel[2] ?? '') };
  const match = /^sips?:(?:([^@;?]*)@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?([^?]*)(?:\?.*)?$/i.exec(uri);
  if (!match?.[2]) throw new SipParseError('not a SIP URI');
  const user = decodeURIComponentSafe((match[1] ?? '').split(':')[0] ?? '');
  return { user, host: match[2], port: Number(match[3] ?? 5060), params: parseParams(match[4] ?? '') };
}

export function parseVia(value: string): Via {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*\w+\s+(\[[^\]]+\]|[^:;\s]+)(?:\s*:\s*(\d+))?(.*)$/i.exec(value);
  if (!match?.[1]) throw new SipParseError('the Via header is not readable');
  return { host: match[1], port: Number(match[2] ?? 5060), params: parseParams(match[3] ?? '') };
}

/** The number or name in front of the `@`, of a URI or of a From/To value. */
export function userOf(value: string): string {
  return parseUri(parseNameAddress(value).uri).user;
}

export function tagOf(value: string): string | undefined {
  return parseNameAddress(value).params.tag;
}

function parseParams(text: string): Record<string, string> {
  const params: Record<string, string> = {};
  for (const part of text.split(';')) {
    const [name = '', ...value] = part.split('=');
    if (name.trim()) params[name.trim().toLowerCase()] = value.join('=').trim().replace(/^"|"$/g, '');
  }
  return params;
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
