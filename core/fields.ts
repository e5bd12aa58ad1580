import { isIP, isIPv4, isIPv6 } from 'node:net';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import { isUuid } from '../platform/ids.ts';

/** Field types that several operations share. Each normalises, and says in words what is wrong. */

/** A phone number of the real numbering plan, as E.164. Spaces, dashes and brackets are taken out. */
export const phoneNumberField = z
  .string()
  .trim()
  .max(40)
  .transform((text, context) => {
    const parsed = text.startsWith('+') ? parsePhoneNumberFromString(text) : undefined;
    if (parsed?.isValid() && parsed.ext === undefined) return parsed.number as string;
    context.addIssue({
      code: 'custom',
      message: 'not a valid phone number; write it as E.164, for example +16505551234',
    });
    return z.NEVER;
  });

const hostPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/;

/** host or host:port of a SIP server; `sip:` in front is accepted and dropped. */
export const sipAddressField = z
  .string()
  .trim()
  .max(300)
  .transform((text, context) => {
    const address = normaliseSipAddress(text);
    if (address !== undefined) return address;
    context.addIssue({
      code: 'custom',
      message: 'not a SIP address; write host or host:port, for example sip.example.com:5060',
    });
    return z.NEVER;
  });

function normaliseSipAddress(text: string): string | undefined {
  const bare = text.toLowerCase().replace(/^sips?:/, '');
  const match = /^(?<host>\[[^\]]+\]|[^:]+)(?::(?<port>\d{1,5}))?$/.exec(bare);
  const host = match?.groups?.host;
  const port = match?.groups?.port;
  if (host === undefined || !isHost(host)) return undefined;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  return port === undefined ? host : `${host}:${Number(port)}`;
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  // Four numbers are an IPv4 address or a mistake, never a name.
  return /^[\d.]+$/.test(host) ? isIPv4(host) : hostPattern.test(host);
}

/** An IP address or a CIDR range. */
export const networkField = z
  .string()
  .trim()
  .refine(isNetwork, 'not an IP address or a CIDR range, for example 203.0.113.0/24');

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

export const emailField = z.string().trim().toLowerCase().max(320).pipe(z.email('not an e-mail address'));

export const webSlugField = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'letters, digits and dashes, at most 63, no dash at the ends',
  )
  .refine((slug) => !isUuid(slug), 'must not look like an id; choose words, for example front-desk');

/** Joins the calls and chats of one person: a number, a contact's key, a visitor's. */
export const threadField = z.string().trim().min(1, 'must not be empty').max(200);

/** The end of the last year of four digits: later ones are written in a way that PostgreSQL does not read. */
export const latestMomentMs = Date.UTC(10_000, 0, 1) - 1;

/** The number of a version: from 1, and no larger than the column that keeps it (PostgreSQL's `integer`). */
export const versionField = z.number().int().min(1).max(2_147_483_647);

/** Values for `{{name}}`. Numbers and booleans become text. */
export const variablesField = z
  .record(
    z.string().trim().min(1).max(100),
    z.union([z.string().max(5_000), z.number().transform(String), z.boolean().transform(String)]),
  )
  .refine((variables) => Object.keys(variables).length <= 200, 'at most 200 variables');

/**
 * An explanation by a carrier, a provider or a job of ours: too long a one is cut, because its verdict must not get
 * lost.
 */
export const words = (maxLength: number) =>
  z.string().transform((text) => text.replaceAll('\0', '').slice(0, maxLength));
