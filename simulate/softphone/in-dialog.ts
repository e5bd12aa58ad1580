import type { MediaSession } from './media/media-session.ts';
import { parseNameAddress } from './sip/address.ts';
import type { Dialog, RequestParts } from './sip/dialog.ts';
import { readSdp } from './sip/sdp.ts';
import type { ServerTransaction } from './sip/server-transaction.ts';

/** A cold transfer, as the other side asked for it. */
export interface Referral {
  readonly target: string;
  readonly referredBy: string | undefined;
  readonly at: number;
}

/** A call, as far as what the other side sends within it is concerned. */
export interface InDialog {
  readonly dialog: Dialog;
  readonly media: MediaSession;
  /** Undefined while it goes on. */
  readonly end: unknown;
  readonly referOutcome: { readonly status: number; readonly reason: string };
  request(method: string, parts: RequestParts): Promise<unknown>;
  hangup(): Promise<void>;
  emit(event: 'reinvite'): unknown;
  pressed(digit: string): void;
  wasReferred(referral: Referral): void;
  wasNotified(sipfrag: string): void;
  finish(end: { readonly by: 'remote'; readonly at: number; readonly reason: string | undefined }): void;
}

/** Answers a request that belongs to a call. */
export function answerInDialog(call: InDialog, transaction: ServerTransaction) {
  const { method, headers } = transaction.request;
  if (!call.dialog.acceptSequence(transaction.request)) return transaction.respond(500, 'Out Of Order');
  if (call.end) return transaction.respond(481, 'Call Does Not Exist');
  switch (method) {
    case 'BYE':
      transaction.respond(200, 'OK');
      return call.finish({ by: 'remote', at: performance.now(), reason: headers.get('reason') });
    case 'INVITE':
      return answerOffer(call, transaction);
    case 'UPDATE':
      call.dialog.refreshTarget(headers);
      return transaction.request.body
        ? answerOffer(call, transaction)
        : transaction.respond(200, 'OK', { contact: call.dialog.contact });
    case 'INFO':
      transaction.respond(200, 'OK');
      return pressedByInfo(call, transaction.request.body, headers.get('content-type') ?? '');
    case 'REFER':
      return answerRefer(call, transaction);
    case 'NOTIFY':
      transaction.respond(200, 'OK');
      return call.wasNotified(transaction.request.body);
    case 'OPTIONS':
      return transaction.respond(200, 'OK', { contact: call.dialog.contact });
    default:
      return transaction.respond(405, 'Method Not Allowed');
  }
}

/** The same answer as at the beginning; the stream goes where the new offer says. */
function answerOffer(call: InDialog, transaction: ServerTransaction) {
  const { method, headers, body } = transaction.request;
  const remote = readSdp(body);
  if (body && !remote) return transaction.respond(488, 'Not Acceptable Here');
  call.dialog.refreshTarget(headers);
  if (remote) call.media.connect(remote);
  transaction.respond(200, 'OK', { contact: call.dialog.contact, body: call.media.sdp() });
  if (method === 'INVITE') call.emit('reinvite');
}

/** `application/dtmf-relay` (Signal=5) and `application/dtmf` (5). */
function pressedByInfo(call: InDialog, body: string, type: string): void {
  if (!type.toLowerCase().startsWith('application/dtmf')) return;
  const digit = /^\s*(?:Signal\s*=\s*)?([0-9*#A-D])\s*$/im.exec(body)?.[1];
  if (digit) call.pressed(digit.toUpperCase());
}

const departureMs = 2_000;

/** RFC 3515: accepted at once, the result follows in a NOTIFY. */
function answerRefer(call: InDialog, transaction: ServerTransaction) {
  const { headers } = transaction.request;
  const referTo = headers.get('refer-to');
  if (!referTo) return transaction.respond(400, 'Refer-To Is Missing');
  transaction.respond(202, 'Accepted', { contact: call.dialog.contact });
  const { status, reason } = call.referOutcome;
  const notified = call.request('NOTIFY', {
    headers: [
      ['Event', 'refer'],
      ['Subscription-State', 'terminated;reason=noresource'],
    ],
    contentType: 'message/sipfrag;version=2.0',
    body: `SIP/2.0 ${status} ${reason}\r\n`,
  });
  // Who does not take the NOTIFY has hung up already.
  notified.catch(() => undefined);
  // Who referred us hangs up; a carrier that has moved the caller does not wait for that for ever.
  if (status === 200) setTimeout(() => void call.hangup().catch(() => undefined), departureMs).unref();
  call.wasReferred({
    target: parseNameAddress(referTo).uri,
    referredBy: headers.get('referred-by'),
    at: performance.now(),
  });
}

export function readSipfrag(body: string): number | undefined {
  const status = /^SIP\/2\.0 (\d{3})/.exec(body)?.[1];
  return status === undefined ? undefined : Number(status);
}
