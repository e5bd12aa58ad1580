import { randomBytes } from 'node:crypto';
import type { Call } from './call.ts';
import type { Callee } from './callee.ts';
import { Invite } from './invite.ts';
import { MediaSession } from './media/media-session.ts';
import { OutgoingCall, type OutgoingOptions } from './outgoing-call.ts';
import { type Peer, tagOf, userOf } from './sip/address.ts';
import { Dialog } from './sip/dialog.ts';
import { type Credentials, makeChallenge, verifyAnswer } from './sip/digest.ts';
import { SipEndpoint } from './sip/endpoint.ts';
import { callIdOf, type SipRequest } from './sip/message.ts';
import type { ServerTransaction } from './sip/server-transaction.ts';
import type { WireEntry } from './sip/transport.ts';

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY';

export interface SoftphoneOptions {
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly user?: string;
  /** Timer T1 of SIP: the first retransmission. Default 500. */
  readonly t1Ms?: number;
  /** Callers have to know this password (digest). `proxy` asks by 407 instead of 401. */
  readonly requireAuth?: Credentials & { readonly proxy?: boolean };
}

/** A telephone for tests: SIP over one UDP socket, any number of calls, G.711 audio. */
export class Softphone {
  readonly address: Peer;
  /** Every call that came to be, also the ended ones. */
  readonly calls: Call[] = [];
  /** What went wrong in `onInvite` handlers. */
  readonly handlerErrors: unknown[] = [];
  readonly #options: SoftphoneOptions;
  readonly #endpoint: SipEndpoint;
  readonly #ringing = new Map<ServerTransaction, Invite>();
  readonly #invited = new Map<string, Set<string>>();
  readonly #nonces = new Set<string>();
  #callee: Callee | undefined;

  private constructor(options: SoftphoneOptions, endpoint: SipEndpoint) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.address = endpoint.transport.address;
  }

  /** Rejects when the port is taken. */
  static async listen(options: SoftphoneOptions = {}): Promise<Softphone> {
    const { host = '127.0.0.1', port = 0, t1Ms } = options;
    const endpoint = await SipEndpoint.open({ host, port }, t1Ms, (transaction) =>
      phone.#receive(transaction),
    );
    const phone: Softphone = new Softphone(options, endpoint);
    return phone;
  }

  /** Everything on the SIP wire, in order. */
  get wire(): readonly WireEntry[] {
    return this.#endpoint.transport.wire;
  }

  /** Datagrams that were not SIP. */
  get malformed(): number {
    return this.#endpoint.transport.malformed;
  }

  uri(user = this.#options.user ?? 'softphone'): string {
    return `sip:${user}@${this.address.host}:${this.address.port}`;
  }

  /** Sends the INVITE; await `answered` of the call. */
  async call(options: OutgoingOptions): Promise<OutgoingCall> {
    const from = /^sips?:/.test(options.from) ? options.from : this.uri(options.from);
    const media = await MediaSession.open(this.address.host);
    const dialog = Dialog.forCaller(this.address, from, options.to, this.#contact(userOf(from)));
    const call = new OutgoingCall({ endpoint: this.#endpoint, dialog, media }, options);
    this.calls.push(call);
    return call;
  }

  /** Who answers from now on. Without anybody, callers get 480. */
  onInvite(callee: Callee): void {
    this.#callee = callee;
  }

  /** How many calls came in for a number; retransmissions and authentication rounds are one call. */
  invitesTo(number: string): number {
    return this.#invited.get(number)?.size ?? 0;
  }

  /** Ends every call and frees the sockets. */
  async close(): Promise<void> {
    for (const invite of this.#ringing.values())
      if (invite.open) invite.reject(480, 'Temporarily Unavailable');
    const going = this.calls.filter((call) => !call.end).map((call) => call.hangup());
    const patience = new Promise((resolve) => setTimeout(resolve, 500).unref());
    await Promise.race([Promise.allSettled(going), patience]);
    for (const call of this.calls) call.finish({ by: 'local', at: performance.now() });
    await this.#endpoint.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #contact(user: string): string {
    return `<${this.uri(user)}>`;
  }

  #receive(transaction: ServerTransaction) {
    const { method, headers } = transaction.request;
    if (method === 'CANCEL') return this.#cancel(transaction);
    const localTag = tagOf(headers.require('to'));
    if (localTag !== undefined) {
      const id = callIdOf(transaction.request);
      const call = this.calls.find(({ callId, dialog }) => callId === id && dialog.localTag === localTag);
      return call ? call.receive(transaction) : transaction.respond(481, 'Call Does Not Exist');
    }
    if (method === 'INVITE') return this.#invite(transaction);
    if (method === 'OPTIONS') return transaction.respond(200, 'OK', { headers: [['Allow', ALLOW]] });
    return transaction.respond(405, 'Method Not Allowed', { headers: [['Allow', ALLOW]] });
  }

  #cancel(transaction: ServerTransaction) {
    const invitation = this.#endpoint.invitationOf(transaction.request);
    if (!invitation) return transaction.respond(481, 'Call Does Not Exist');
    transaction.respond(200, 'OK');
    this.#ringing.get(invitation)?.cancel();
  }

  #invite(transaction: ServerTransaction) {
    const { request } = transaction;
    const number = userOf(request.uri);
    const seen = this.#invited.get(number) ?? new Set();
    this.#invited.set(number, seen.add(callIdOf(request)));
    if (!this.#authorized(request)) return this.#challenge(transaction);
    if (!this.#callee) return transaction.respond(480, 'Temporarily Unavailable');
    const invite = new Invite({
      endpoint: this.#endpoint,
      transaction,
      contact: this.#contact(number),
      onAnswered: (call) => this.calls.push(call),
    });
    this.#ringing.set(transaction, invite);
    transaction.acknowledged.then(() => this.#ringing.delete(transaction));
    this.#ask(this.#callee, invite).catch((error: unknown) => {
      this.handlerErrors.push(error);
      if (invite.open) invite.reject(500, 'Handler Failed');
    });
  }

  async #ask(callee: Callee, invite: Invite): Promise<void> {
    await callee(invite);
  }

  #authorized({ headers, method }: SipRequest): boolean {
    const wanted = this.#options.requireAuth;
    if (!wanted) return true;
    const answer = headers.get(wanted.proxy ? 'proxy-authorization' : 'authorization');
    return answer !== undefined && verifyAnswer(answer, method, this.#nonces, wanted);
  }

  #challenge(transaction: ServerTransaction): void {
    const nonce = randomBytes(12).toString('hex');
    this.#nonces.add(nonce);
    const challenge = makeChallenge('softphone', nonce);
    const toTag = randomBytes(6).toString('hex');
    if (this.#options.requireAuth?.proxy) {
      const headers = [['Proxy-Authenticate', challenge]] as const;
      transaction.respond(407, 'Proxy Authentication Required', { toTag, headers });
    } else {
      transaction.respond(401, 'Unauthorized', { toTag, headers: [['WWW-Authenticate', challenge]] });
    }
  }
}
