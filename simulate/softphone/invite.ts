import { Call } from './call.ts';
import { MediaSession } from './media/media-session.ts';
import { parseNameAddress, userOf } from './sip/address.ts';
import { withResolvers } from './sip/client-transaction.ts';
import { Dialog, newTag } from './sip/dialog.ts';
import type { SipEndpoint } from './sip/endpoint.ts';
import type { SipHeaders } from './sip/message.ts';
import { readSdp } from './sip/sdp.ts';
import type { ServerTransaction } from './sip/server-transaction.ts';

/** How long the handler may think before the caller is told that we are at it. */
const TRYING_AFTER_MS = 200;

/** The caller gave up, or the invitation was answered already. */
export class InviteGone extends Error {
  override readonly name = 'InviteGone';
}

export interface InviteParts {
  readonly endpoint: SipEndpoint;
  readonly transaction: ServerTransaction;
  readonly contact: string;
  readonly onAnswered: (call: Call) => void;
}

/** A call coming in, not answered yet. */
export class Invite {
  readonly receivedAt = performance.now();
  readonly callId: string;
  /** The number that was dialed. */
  readonly to: string;
  /** The number of the caller. */
  readonly from: string;
  readonly headers: SipHeaders;
  /** Resolves when the caller gives up. */
  readonly cancelled: Promise<void>;
  readonly #parts: InviteParts;
  readonly #tag = newTag();
  readonly #cancelled = withResolvers<void>();
  readonly #trying: NodeJS.Timeout;

  constructor(parts: InviteParts) {
    const { request } = parts.transaction;
    this.#parts = parts;
    this.headers = request.headers;
    this.callId = request.headers.require('call-id');
    this.to = userOf(request.uri);
    this.from = userOf(parseNameAddress(request.headers.require('from')).uri);
    this.cancelled = this.#cancelled.promise;
    this.#trying = setTimeout(() => {
      if (!parts.transaction.responded) parts.transaction.respond(100, 'Trying');
    }, TRYING_AFTER_MS);
  }

  get open(): boolean {
    return this.#parts.transaction.finalStatus === undefined;
  }

  ring(): void {
    const { transaction, contact } = this.#parts;
    transaction.respond(180, 'Ringing', { toTag: this.#tag, contact });
  }

  /** Sends the 200 and returns the call. Throws `InviteGone`. */
  async answer(): Promise<Call> {
    const { endpoint, transaction, contact, onAnswered } = this.#parts;
    clearTimeout(this.#trying);
    const { address } = endpoint.transport;
    const remote = readSdp(transaction.request.body);
    if (!remote) {
      this.reject(488, 'Not Acceptable Here');
      throw new InviteGone('the offer has no PCMU audio');
    }
    const media = await MediaSession.open(address.host);
    if (!this.open) {
      media.close();
      throw new InviteGone('the invitation is over');
    }
    const dialog = Dialog.forCallee(address, transaction.request, contact, this.#tag);
    const call = new Call({ endpoint, dialog, media });
    onAnswered(call);
    media.connect(remote);
    call.answeredAt = performance.now();
    transaction.respond(200, 'OK', { toTag: this.#tag, contact, body: media.sdp() });
    transaction.acknowledged.then((acknowledged) => (acknowledged ? undefined : call.hangup()));
    return call;
  }

  reject(status: number, reason: string): void {
    clearTimeout(this.#trying);
    this.#parts.transaction.respond(status, reason, { toTag: this.#tag });
  }

  /** Says nothing at all, as if the packet was lost. */
  ignore(): void {
    clearTimeout(this.#trying);
  }

  /** The caller's CANCEL came. */
  cancel(): void {
    if (!this.open) return;
    this.reject(487, 'Request Terminated');
    this.#cancelled.resolve();
  }
}
