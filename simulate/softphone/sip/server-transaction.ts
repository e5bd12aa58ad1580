import { type Peer, parseVia, tagOf } from './address.ts';
import { withResolvers } from './client-transaction.ts';
import { parseCSeq, SipHeaders, type SipRequest, type SipResponse } from './message.ts';
import { Retransmission, type SipTimers } from './timers.ts';
import type { SipTransport } from './transport.ts';

export interface ResponseParts {
  readonly toTag?: string | undefined;
  readonly contact?: string | undefined;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | undefined;
}

/** One received request and our answers to it (RFC 3261 section 17.2). */
export class ServerTransaction {
  readonly request: SipRequest;
  readonly source: Peer;
  /** Resolves with true at the ACK of a final response to INVITE, with false when none came. */
  readonly acknowledged: Promise<boolean>;
  readonly #transport: SipTransport;
  readonly #timers: SipTimers;
  readonly #resolveAck: (value: boolean) => void;
  #last: SipResponse | undefined;
  #retransmission: Retransmission | undefined;
  #giveUp: NodeJS.Timeout | undefined;

  constructor(transport: SipTransport, timers: SipTimers, request: SipRequest, source: Peer) {
    this.request = request;
    this.source = source;
    this.#transport = transport;
    this.#timers = timers;
    const { promise, resolve } = withResolvers<boolean>();
    this.acknowledged = promise;
    this.#resolveAck = resolve;
  }

  get finalStatus(): number | undefined {
    return this.#last && this.#last.status >= 200 ? this.#last.status : undefined;
  }

  get responded(): boolean {
    return this.#last !== undefined;
  }

  /** Ignored after a final response: there is only one. */
  respond(status: number, reason: string, parts: ResponseParts = {}): void {
    if (this.finalStatus !== undefined) return;
    const response = makeResponse(this.request, this.source, status, reason, parts);
    this.#last = response;
    const send = () => this.#transport.send(response, replyPeer(this.request, this.source));
    send();
    if (this.request.method !== 'INVITE' || status < 200) return;
    this.#retransmission = new Retransmission(send, this.#timers.t1Ms, this.#timers.t2Ms);
    this.#giveUp = setTimeout(() => this.#stop(false), this.#timers.giveUpMs);
  }

  receiveRetransmission(): void {
    if (this.#last) this.#transport.send(this.#last, replyPeer(this.request, this.source));
  }

  receiveAck(): void {
    this.#stop(true);
  }

  abandon(): void {
    this.#stop(false);
  }

  #stop(acknowledged: boolean): void {
    this.#retransmission?.stop();
    clearTimeout(this.#giveUp);
    this.#resolveAck(acknowledged);
  }
}

function makeResponse(
  request: SipRequest,
  source: Peer,
  status: number,
  reason: string,
  { toTag, contact, headers: extra = [], body = '' }: ResponseParts,
): SipResponse {
  const headers = new SipHeaders();
  const [top = '', ...others] = request.headers.all('via');
  for (const via of [stampVia(top, source), ...others]) headers.add('Via', via);
  if (status < 300)
    for (const route of request.headers.all('record-route')) headers.add('Record-Route', route);
  headers.add('From', request.headers.require('from'));
  const to = request.headers.require('to');
  headers.add('To', toTag && status > 100 && !tagOf(to) ? `${to};tag=${toTag}` : to);
  headers.add('Call-ID', request.headers.require('call-id'));
  headers.add('CSeq', request.headers.require('cseq'));
  if (contact) headers.add('Contact', contact);
  for (const [name, value] of extra) headers.add(name, value);
  if (body) headers.add('Content-Type', 'application/sdp');
  return { kind: 'response', status, reason, headers, body };
}

/** RFC 3261 section 18.2.1 and RFC 3581: tell the sender where it was seen. */
function stampVia(via: string, source: Peer): string {
  const { host, params } = parseVia(via);
  let stamped = via;
  if ('rport' in params) stamped = stamped.replace(/;\s*rport(?:=\d*)?/i, `;rport=${source.port}`);
  if (('rport' in params || host !== source.host) && !('received' in params)) {
    stamped += `;received=${source.host}`;
  }
  return stamped;
}

function replyPeer(request: SipRequest, source: Peer): Peer {
  const { port, params } = parseVia(request.headers.require('via'));
  return 'rport' in params ? source : { host: source.host, port };
}

/** Key under which the retransmissions of a request meet (RFC 3261 section 17.2.3). */
export function transactionKey(request: SipRequest): string {
  const via = parseVia(request.headers.require('via'));
  const { method } = parseCSeq(request.headers);
  return [via.params.branch ?? request.headers.require('call-id'), via.host, via.port, method].join('|');
}
