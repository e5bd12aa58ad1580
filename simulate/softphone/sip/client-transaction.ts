import type { Peer } from './address.ts';
import { parseCSeq, SipHeaders, type SipRequest, type SipResponse } from './message.ts';
import { Retransmission, type SipTimers } from './timers.ts';
import type { SipTransport } from './transport.ts';

/** No final response came within 64 T1. */
export class SipTimeout extends Error {
  override readonly name = 'SipTimeout';
  constructor(method: string) {
    super(`no answer to ${method}`);
  }
}

type OnProvisional = (response: SipResponse) => void;

/** One request and its responses (RFC 3261 section 17.1), retransmitted over UDP. */
export class ClientTransaction {
  readonly response: Promise<SipResponse>;
  readonly request: SipRequest;
  readonly #transport: SipTransport;
  readonly #peer: Peer;
  readonly #onProvisional: OnProvisional | undefined;
  readonly #timers: SipTimers;
  readonly #retransmission: Retransmission;
  #giveUp: NodeJS.Timeout | undefined;
  #ack: { request: SipRequest; peer: Peer } | undefined;
  #settle: { resolve: (response: SipResponse) => void; reject: (error: Error) => void };
  #final = false;

  constructor(
    transport: SipTransport,
    timers: SipTimers,
    request: SipRequest,
    peer: Peer,
    onProvisional?: OnProvisional,
  ) {
    this.request = request;
    this.#transport = transport;
    this.#timers = timers;
    this.#peer = peer;
    this.#onProvisional = onProvisional;
    const { promise, ...settle } = withResolvers<SipResponse>();
    this.response = promise;
    this.#settle = settle;
    const send = () => transport.send(request, peer);
    send();
    const capMs = request.method === 'INVITE' ? Number.POSITIVE_INFINITY : timers.t2Ms;
    this.#retransmission = new Retransmission(send, timers.t1Ms, capMs);
    this.giveUpLater();
  }

  receive(response: SipResponse): void {
    if (response.status < 200) {
      if (this.#final) return;
      if (this.request.method === 'INVITE') {
        // A ringing phone may ring for as long as the caller likes.
        this.#retransmission.stop();
        clearTimeout(this.#giveUp);
      }
      this.#onProvisional?.(response);
      return;
    }
    if (this.request.method === 'INVITE' && response.status >= 300) {
      this.#ack = { request: ackForRejection(this.request, response), peer: this.#peer };
    }
    if (this.#ack) this.#transport.send(this.#ack.request, this.#ack.peer);
    if (this.#final) return;
    this.#finish();
    this.#settle.resolve(response);
  }

  /** Sends the ACK of a 2xx, and again for every retransmitted 2xx. */
  acknowledge(request: SipRequest, peer: Peer): void {
    this.#ack = { request, peer };
    this.#transport.send(request, peer);
  }

  /** Fails when no final response comes within 64 T1 from now. */
  giveUpLater(): void {
    if (this.#final) return;
    clearTimeout(this.#giveUp);
    this.#giveUp = setTimeout(() => this.abandon(), this.#timers.giveUpMs);
  }

  /** Stops the timers; without a final response the request has failed. */
  abandon(): void {
    if (this.#final) return;
    this.#finish();
    this.#settle.reject(new SipTimeout(this.request.method));
  }

  #finish(): void {
    this.#final = true;
    this.#retransmission.stop();
    clearTimeout(this.#giveUp);
  }
}

/** RFC 3261 section 17.1.1.3: the branch of the INVITE, the To of the response. */
function ackForRejection(invite: SipRequest, response: SipResponse): SipRequest {
  const headers = SipHeaders.of([
    ['Via', invite.headers.require('via')],
    ['Max-Forwards', '70'],
    ['From', invite.headers.require('from')],
    ['To', response.headers.require('to')],
    ['Call-ID', invite.headers.require('call-id')],
    ['CSeq', `${parseCSeq(invite.headers).number} ACK`],
  ]);
  for (const route of invite.headers.all('route')) headers.add('Route', route);
  return { kind: 'request', method: 'ACK', uri: invite.uri, headers, body: '' };
}

/** `Promise.withResolvers`, which Node 20 does not have; a rejection nobody awaits is not an error. */
export function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
