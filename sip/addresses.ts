import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Host of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. */
export function hostOf(sipAddress: string): string {
  const text = sipAddress.trim();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed?.[1]) return bracketed[1];
  if (isIP(text) === 6) return text;
  return text.replace(/:\d+$/, '');
}

export class AddressError extends Error {
  override readonly name = 'AddressError';
}

export interface WhoMayCall {
  readonly sipAddress: string;
  readonly provider: string;
  readonly allowedAddresses: readonly string[];
  readonly authUsername: string;
  readonly authPassword: string;
}

const loopback = ['127.0.0.0/8', '::1/128'];

/**
 * The addresses an inbound trunk accepts calls from. A trunk without addresses and without credentials would be open to
 * everybody, so there is always one of the two:
 * the operator's list; else none if calls are checked by user name and password; else this machine for the demo number
 * (provider `local`); else the addresses the host of `sipAddress` resolves to NOW. LiveKit compares addresses only and
 * never resolves names, so a carrier that moves needs the number saved again, a restart, or a list.
 * Throws an AddressError in words when there is nothing to go by.
 */
export async function allowedAddresses(
  number: WhoMayCall,
  resolve: (host: string) => Promise<readonly string[]> = resolveHost,
): Promise<readonly string[]> {
  if (number.allowedAddresses.length > 0) return number.allowedAddresses;
  if (number.authUsername !== '' && number.authPassword !== '') return [];
  if (number.sipAddress.trim() === '' && number.provider === 'local') return loopback;
  const host = hostOf(number.sipAddress);
  if (host === '')
    throw new AddressError(
      'Nobody may call in: give allowed addresses, a user name and password, or the SIP address of the carrier.',
    );
  if (isIP(host) !== 0) return host === '127.0.0.1' || host === '::1' ? loopback : [host];
  const addresses = await resolve(host).catch(() => []);
  if (addresses.length === 0)
    throw new AddressError(
      `The name ${host} resolves to no address, so it is unknown who may call in. Check it, or give allowed addresses.`,
    );
  return [...new Set(addresses)].sort();
}

async function resolveHost(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((one) => one.address);
}
