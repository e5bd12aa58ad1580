import { isIP } from 'node:net';
import { legMark, legOfHeader } from '../leg-of.ts';
import { type End, hostOf, type Packet } from './pcap.ts';

/**
 * Finds the next call of one number among everything that passes, and tells its packets from those of others: SIP by
 * its Call-ID, RTP and RTCP by what the SDP of that call agrees on. The legs of its transfers belong to it; the product
 * marks them. Pure.
 */
export class CallFilter {
  readonly #digits: string;
  readonly #media: End[] = [];
  #callId: string | null = null;
  /** Call-IDs of the call and its legs, and whether each is still on. */
  readonly #dialogs = new Map<string, boolean>();

  /** @param number E.164: whom the call is from or to */
  constructor(number: string) {
    this.#digits = number.replaceAll(/\D/g, '');
  }

  /** The SIP Call-ID; null: no call has come. */
  get callId(): string | null {
    return this.#callId;
  }

  /** It was refused or somebody has hung up; a leg may still be on. */
  get isHungUp(): boolean {
    return this.#callId !== null && this.#dialogs.get(this.#callId) === false;
  }

  /** So it is with it and with every leg. */
  get isOver(): boolean {
    return this.#callId !== null && ![...this.#dialogs.values()].includes(true);
  }

  /** It belongs to the call. */
  takes({ from, to, payload }: Packet): boolean {
    const message = sipMessage(payload);
    if (message === undefined) return this.#media.some((end) => isSame(end, from) || isSame(end, to));
    const callId = /^(?:call-id|i)[ \t]*:[ \t]*(\S+)/im.exec(message)?.[1];
    if (callId === undefined) return false;
    if (message.startsWith('INVITE ') && !this.#dialogs.has(callId) && this.#belongs(message)) {
      this.#callId ??= callId;
      this.#dialogs.set(callId, true);
    }
    if (!this.#dialogs.has(callId)) return false;
    this.#learn(message, callId);
    return true;
  }

  #belongs(message: string): boolean {
    if (this.#callId === null) return this.#concerns(message);
    const mark = new RegExp(`^${legOfHeader}[ \\t]*:[ \\t]*(\\S+)`, 'im').exec(message)?.[1];
    return mark === legMark(this.#callId);
  }

  #concerns(message: string): boolean {
    const users = /^INVITE (\S+)|^(?:from|f|to|t)[ \t]*:(.*)$/gim;
    for (const [, target, line] of message.matchAll(users))
      if (userOf(target ?? line ?? '').replaceAll(/\D/g, '') === this.#digits) return true;
    return false;
  }

  #learn(message: string, callId: string): void {
    const address = /^c=IN IP[46] (\S+)/m.exec(message)?.[1] ?? '';
    const host = isIP(address) === 0 ? undefined : hostOf(address);
    for (const [, port] of message.matchAll(/^m=audio (\d+)/gm))
      if (host && port && port !== '0')
        this.#media.push({ host, port: Number(port) }, { host, port: Number(port) + 1 });
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(message)?.[1] ?? 0);
    const method = /^cseq[ \t]*:[ \t]*\d+[ \t]+([A-Z]+)/im.exec(message)?.[1];
    if (status >= 200 && method === 'BYE') this.#dialogs.set(callId, false);
    // A challenge is answered by another INVITE of the same call.
    if (status >= 300 && method === 'INVITE' && status !== 401 && status !== 407)
      this.#dialogs.set(callId, false);
  }
}

const isSame = (one: End, other: End): boolean => one.host === other.host && one.port === other.port;

const userOf = (address: string): string => /sips?:([^@;>\s]+)@/i.exec(address)?.[1] ?? '';

function sipMessage(payload: Buffer): string | undefined {
  const start = payload.subarray(0, 12).toString('latin1');
  return /^(?:SIP\/2\.0 |[A-Z]{3,9} s)/.test(start) ? payload.toString('latin1') : undefined;
}
