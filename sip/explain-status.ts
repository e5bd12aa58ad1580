/** How an attempt to ring somebody went. The words of core/calls/record-dial-outcome.ts. */
export type DialOutcome = 'answered' | 'busy' | 'no_answer' | 'rejected' | 'failed' | 'canceled' | 'unknown';

export interface SipVerdict {
  readonly outcome: Exclude<DialOutcome, 'answered'>;
  /** What happened, in a few words for the operator. */
  readonly cause: string;
  /** What to do about it. */
  readonly advice: string;
}

type Row = readonly [outcome: SipVerdict['outcome'], cause: string, advice: string];

const credentials = 'Check the user name and password of the number, and that its trunk may place calls.';
const number = 'Check the number: country code, digits, no extension.';
const carrier = 'Ask the carrier, or look at its status page.';
const later = 'Try again later.';
const none = 'Nothing to do.';

/**
 * SIP responses from 300 up, as a caller meets them. Meanings: RFC 3261 section 21, and the IANA registry
 * "SIP Response Codes" for what came later; what carriers do with them in practice is noted in the advice.
 */
const verdicts: Readonly<Record<number, Row>> = {
  300: ['failed', 'the carrier offers several places to call', 'Set the one to use as the SIP address.'],
  301: ['failed', 'the number has moved for good', 'Call the new number.'],
  302: [
    'failed',
    'the carrier sends the call elsewhere',
    'Redirects are not followed: turn them off at the carrier.',
  ],
  305: ['failed', 'the carrier wants the call through a proxy', 'Set that proxy as the SIP address.'],
  380: ['failed', 'the carrier offers another service instead', carrier],
  400: ['failed', 'the carrier did not understand the call', 'Check the number format the carrier expects.'],
  401: ['failed', 'the carrier refused the credentials', credentials],
  402: ['failed', 'the carrier wants a payment first', 'Check the balance at the carrier.'],
  403: [
    'rejected',
    'the carrier does not allow this call',
    'Check the caller ID, the allowed countries and the balance at the carrier.',
  ],
  404: ['failed', 'the number does not exist', number],
  405: ['failed', 'the far end does not take calls', 'Check the SIP address: it may be the wrong server.'],
  406: ['failed', 'the far end cannot accept this kind of call', carrier],
  407: ['failed', 'the carrier refused the credentials', credentials],
  408: ['no_answer', 'nobody answered in time', later],
  410: ['failed', 'the number is no longer in use', number],
  413: ['failed', 'the call request was too large for the carrier', carrier],
  414: ['failed', 'the address called was too long for the carrier', number],
  415: [
    'failed',
    'the far end does not speak our audio formats',
    'Allow G.711 (PCMU or PCMA) at the carrier.',
  ],
  416: [
    'failed',
    'the carrier does not know this kind of address',
    'Check the SIP address and the transport.',
  ],
  420: ['failed', 'the carrier asks for an extension we do not have', carrier],
  421: ['failed', 'the carrier requires an extension we do not have', carrier],
  422: ['failed', 'the carrier wants another session timer', carrier],
  423: ['failed', 'the carrier wants a longer interval', carrier],
  428: [
    'rejected',
    'the carrier wants a signed caller identity',
    'Call from a number that the carrier has verified.',
  ],
  433: ['rejected', 'the callee takes no anonymous calls', 'Show the caller ID.'],
  436: [
    'rejected',
    'the signature of the caller ID cannot be checked',
    'Call from a number that the carrier has verified.',
  ],
  437: [
    'rejected',
    'the certificate behind the caller ID is not accepted',
    'Call from a number that the carrier has verified.',
  ],
  438: [
    'rejected',
    'the signature of the caller ID is wrong',
    'Call from a number that the carrier has verified.',
  ],
  480: ['no_answer', 'the callee cannot be reached now', later],
  481: ['failed', 'the carrier lost track of the call', later],
  482: ['failed', 'the call went around in a circle', 'Check the forwarding at the carrier.'],
  483: ['failed', 'the call was passed on too many times', 'Check the forwarding at the carrier.'],
  484: ['failed', 'the number does not exist: it is incomplete', number],
  485: ['failed', 'the number is ambiguous', number],
  486: ['busy', 'the line is busy', later],
  487: ['no_answer', 'the call was taken back before anybody answered', later],
  488: [
    'failed',
    'no common audio format',
    'Allow G.711 (PCMU or PCMA) without encryption, or match the encryption.',
  ],
  489: ['failed', 'the far end does not know this kind of event', carrier],
  491: ['failed', 'another request was in the way', later],
  493: ['failed', 'the far end could not decrypt the request', 'Check the transport and the encryption.'],
  494: ['failed', 'the carrier wants a security agreement first', carrier],
  500: ['failed', 'the carrier has an internal fault', carrier],
  501: ['failed', 'the far end does not take calls', 'Check the SIP address: it may be the wrong server.'],
  502: ['failed', 'the carrier got no usable answer from the next network', carrier],
  503: [
    'failed',
    'the carrier is overloaded or has no line free',
    'Call slower, or ask for more lines at the carrier.',
  ],
  504: ['failed', 'the next network did not answer the carrier', carrier],
  505: [
    'failed',
    'the far end speaks another version of SIP',
    'Check the SIP address: it may be the wrong server.',
  ],
  513: ['failed', 'the call request was too large for the carrier', 'Use TCP as the transport.'],
  580: ['failed', 'the network could not set the call up as asked', carrier],
  600: ['busy', 'the callee is busy everywhere', later],
  603: [
    'rejected',
    'the callee declined the call',
    'Some carriers say this when they block a call as unwanted.',
  ],
  604: ['failed', 'the number does not exist anywhere', number],
  606: ['failed', 'no common audio format', 'Allow G.711 (PCMU or PCMA) at the carrier.'],
  607: ['rejected', 'the callee does not want such calls', 'Do not call this number again.'],
  608: [
    'rejected',
    'a call filter blocked the call',
    'Ask the carrier why, the answer names whom to contact (RFC 8688).',
  ],
};

/** Puts a final SIP status into an outcome and words. Unknown codes are judged by their class (RFC 3261, 8.1.3.2). */
export function explainSipStatus(status: number): SipVerdict {
  const [outcome, cause, advice] = verdicts[status] ?? byClass(status);
  return { outcome, cause, advice };
}

function byClass(status: number): Row {
  if (status >= 300 && status < 400) return ['failed', 'the carrier sends the call elsewhere', carrier];
  if (status >= 400 && status < 500) return ['failed', 'the carrier refused the call', carrier];
  if (status >= 500 && status < 600) return ['failed', 'the carrier has a fault', carrier];
  if (status >= 600 && status < 700) return ['rejected', 'the callee refused the call', none];
  return ['unknown', 'the carrier gave an answer that is none', carrier];
}

/** One sentence for the record: what happened, the status, what to do. */
export function sipSentence(status: number, phrase: string | undefined): string {
  const { cause, advice } = explainSipStatus(status);
  const start = cause.charAt(0).toUpperCase() + cause.slice(1);
  const code = phrase ? `SIP ${status} ${phrase}` : `SIP ${status}`;
  return `${start} (${code}). ${advice}`;
}
