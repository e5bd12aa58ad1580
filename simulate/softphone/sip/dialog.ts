import { randomBytes } from 'node:crypto';
import { type Peer, parseNameAddress, parseUri, tagOf } from './address.ts';
import { parseCSeq, SipHeaders, type SipRequest, type SipResponse } from './message.ts';

export interface RequestParts {
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
}

interface DialogStart {
  readonly local: Peer;
  readonly contact: string;
  readonly callId: string;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly remoteTarget: string;
  readonly routes: string[];
}

export const newTag = () => randomBytes(6).toString('hex');
export const newBranch = () => `z9hG4bK${randomBytes(9).toString('hex')}`;

/** The state that turns a call's requests into one conversation (RFC 3261 section 12). */
export class Dialog {
  readonly callId: string;
  readonly contact: string;
  readonly #local: Peer;
  readonly #localAddress: string;
  #remoteAddress: string;
  #remoteTarget: string;
  #routes: string[];
  #localSeq = 0;
  #remoteSeq = -1;

  private constructor(start: DialogStart) {
    this.callId = start.callId;
    this.contact = start.contact;
    this.#local = start.local;
    this.#localAddress = start.localAddress;
    this.#remoteAddress = start.remoteAddress;
    this.#remoteTarget = start.remoteTarget;
    this.#routes = start.routes;
  }

  static forCaller(local: Peer, from: string, to: string, contact: string): Dialog {
    return new Dialog({
      local,
      contact,
      callId: `${randomBytes(10).toString('hex')}@${local.host}`,
      localAddress: `<${from}>;tag=${newTag()}`,
      remoteAddress: `<${to}>`,
      remoteTarget: to,
      routes: [],
    });
  }

  static forCallee(local: Peer, invite: SipRequest, contact: string, tag: string): Dialog {
    const dialog = new Dialog({
      local,
      contact,
      callId: invite.headers.require('call-id'),
      localAddress: `${invite.headers.require('to')};tag=${tag}`,
      remoteAddress: invite.headers.require('from'),
      remoteTarget: parseNameAddress(invite.headers.require('contact')).uri,
      routes: invite.headers.all('record-route'),
    });
    dialog.#remoteSeq = parseCSeq(invite.headers).number;
    return dialog;
  }

  get localTag(): string {
    return tagOf(this.#localAddress) ?? '';
  }

  get remoteTag(): string | undefined {
    return tagOf(this.#remoteAddress);
  }

  get localUri(): string {
    return parseNameAddress(this.#localAddress).uri;
  }

  get remoteUri(): string {
    return parseNameAddress(this.#remoteAddress).uri;
  }

  /** Takes over the callee's tag, route set and target from its 2xx. */
  confirm(response: SipResponse): void {
    this.#remoteAddress = response.headers.require('to');
    this.#routes = response.headers.all('record-route').reverse();
    this.refreshTarget(response.headers);
  }

  /** A re-INVITE, an UPDATE and their 2xx may move the other side (RFC 3261 section 12.2). */
  refreshTarget(headers: SipHeaders): void {
    const contact = headers.get('contact');
    if (contact) this.#remoteTarget = parseNameAddress(contact).uri;
  }

  /** False for a request older than one already seen. */
  acceptSequence(request: SipRequest): boolean {
    const { number } = parseCSeq(request.headers);
    if (number <= this.#remoteSeq) return false;
    this.#remoteSeq = number;
    return true;
  }

  /** A request with the next CSeq. */
  request(method: string, parts: RequestParts = {}): SipRequest {
    this.#localSeq += 1;
    return this.#make(method, this.#localSeq, parts);
  }

  /** The ACK of a 2xx carries the number of its INVITE. */
  ack(invite: SipRequest): SipRequest {
    return this.#make('ACK', parseCSeq(invite.headers).number, {});
  }

  /** RFC 3261 section 9.1: everything as in the INVITE, also its branch. */
  cancel(invite: SipRequest): SipRequest {
    const headers = SipHeaders.of([
      ['Via', invite.headers.require('via')],
      ['Max-Forwards', '70'],
      ['From', invite.headers.require('from')],
      ['To', invite.headers.require('to')],
      ['Call-ID', this.callId],
      ['CSeq', `${parseCSeq(invite.headers).number} CANCEL`],
    ]);
    return { kind: 'request', method: 'CANCEL', uri: invite.uri, headers, body: '' };
  }

  /** Where the next request goes: the first route, or the other side itself. */
  nextHop(): Peer {
    const route = this.#routes[0];
    const { host, port } = parseUri(route ? parseNameAddress(route).uri : this.#remoteTarget);
    return { host, port };
  }

  #make(method: string, sequence: number, { headers: extra = [], body = '', contentType }: RequestParts) {
    const { host, port } = this.#local;
    const headers = SipHeaders.of([
      ['Via', `SIP/2.0/UDP ${host}:${port};branch=${newBranch()};rport`],
      ['Max-Forwards', '70'],
      ...this.#routes.map((route) => ['Route', route] as const),
      ['From', this.#localAddress],
      ['To', this.#remoteAddress],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
      ['Contact', this.contact],
      ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY'],
      ['User-Agent', 'trunkline-softphone'],
      ...extra,
    ]);
    if (body) headers.add('Content-Type', contentType ?? 'application/sdp');
    return { kind: 'request', method, uri: this.#remoteTarget, headers, body } as const satisfies SipRequest;
  }
}
