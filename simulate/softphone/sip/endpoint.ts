import type { Peer } from './address.ts';
import { parseVia } from './address.ts';
import { ClientTransaction } from './client-transaction.ts';
import { callIdOf, parseCSeq, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import { ServerTransaction, transactionKey } from './server-transaction.ts';
import { type SipTimers, sipTimers } from './timers.ts';
import { SipTransport } from './transport.ts';

type OnRequest = (transaction: ServerTransaction) => void;

/** The transaction layer: matches what arrives with what was sent, hides retransmissions. */
export class SipEndpoint {
  readonly transport: SipTransport;
  readonly #timers: SipTimers;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** By Call-ID and CSeq: the ACK of a 2xx is a transaction of its own, with another branch. */
  readonly #unacknowledged = new Map<string, ServerTransaction>();
  readonly #expiries = new Set<NodeJS.Timeout>();
  readonly #onRequest: OnRequest;

  private constructor(transport: SipTransport, timers: SipTimers, onRequest: OnRequest) {
    this.transport = transport;
    this.#timers = timers;
    this.#onRequest = onRequest;
    transport.onMessage((message, source) => this.#receive(message, source));
  }

  static async open(local: Peer, t1Ms: number | undefined, onRequest: OnRequest): Promise<SipEndpoint> {
    return new SipEndpoint(await SipTransport.open(local), sipTimers(t1Ms), onRequest);
  }

  /** Sends a request that has its Via already. */
  request(request: SipRequest, peer: Peer, onProvisional?: (response: SipResponse) => void) {
    const key = clientKey(request);
    const transaction = new ClientTransaction(this.transport, this.#timers, request, peer, onProvisional);
    this.#clients.set(key, transaction);
    const forget = () => this.#expire(() => this.#clients.delete(key));
    transaction.response.then(forget, forget);
    return transaction;
  }

  close(): Promise<void> {
    for (const transaction of this.#clients.values()) transaction.abandon();
    for (const transaction of this.#servers.values()) transaction.abandon();
    for (const timer of this.#expiries) clearTimeout(timer);
    return this.transport.close();
  }

  #receive(message: SipMessage, source: Peer) {
    if (message.kind === 'response') this.#clients.get(clientKey(message))?.receive(message);
    else if (message.method === 'ACK') this.#unacknowledged.get(ackKey(message))?.receiveAck();
    else this.#receiveRequest(message, source);
  }

  #receiveRequest(request: SipRequest, source: Peer) {
    const key = transactionKey(request);
    const known = this.#servers.get(key);
    if (known) return known.receiveRetransmission();
    const transaction = new ServerTransaction(this.transport, this.#timers, request, source);
    this.#servers.set(key, transaction);
    if (request.method === 'INVITE') this.#unacknowledged.set(ackKey(request), transaction);
    else this.#expire(() => this.#servers.delete(key));
    transaction.acknowledged.then(() =>
      this.#expire(() => {
        this.#servers.delete(key);
        this.#unacknowledged.delete(ackKey(request));
      }),
    );
    try {
      this.#onRequest(transaction);
    } catch {
      transaction.respond(400, 'Bad Request');
    }
  }

  /** The invitation that a CANCEL with the same branch is about (RFC 3261 section 9.2). */
  invitationOf(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(transactionKey(cancel).replace(/CANCEL$/, 'INVITE'));
  }

  #expire(forget: () => void): void {
    const timer = setTimeout(() => {
      this.#expiries.delete(timer);
      forget();
    }, this.#timers.giveUpMs);
    timer.unref();
    this.#expiries.add(timer);
  }
}

function clientKey(message: SipMessage): string {
  const branch = parseVia(message.headers.require('via')).params.branch ?? '';
  return `${branch}|${parseCSeq(message.headers).method}`;
}

function ackKey(request: SipRequest): string {
  return `${callIdOf(request)}|${parseCSeq(request.headers).number}`;
}
