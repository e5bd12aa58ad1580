import { Call, type CallParts } from './call.ts';
import { SoftphoneTimeout, within } from './listening.ts';
import { type ClientTransaction, withResolvers } from './sip/client-transaction.ts';
import { answerChallenge, type Credentials } from './sip/digest.ts';
import type { SipResponse } from './sip/message.ts';
import { readSdp } from './sip/sdp.ts';
import { SipRejection } from './sip-rejection.ts';

export interface OutgoingOptions {
  /** `sip:+15551234567@127.0.0.1:5060` */
  readonly to: string;
  /** A number, or a whole SIP URI. */
  readonly from: string;
  readonly auth?: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
}

/** 180, 183 and the like. */
export interface Provisional {
  readonly status: number;
  readonly reason: string;
  readonly at: number;
}

/** A call made by the softphone. */
export class OutgoingCall extends Call {
  readonly provisionals: Provisional[] = [];
  readonly invitedAt = performance.now();
  readonly #answered = withResolvers<{ readonly at: number }>();
  readonly #options: OutgoingOptions;
  #invite: ClientTransaction | undefined;
  #cancelled = false;

  constructor(parts: CallParts, options: OutgoingOptions) {
    super(parts);
    this.#options = options;
    this.#dial().catch((error: Error) => this.#fail(error));
  }

  /** Resolves at the 200; rejects with `SipRejection`, `SipTimeout` or `SoftphoneTimeout`. */
  async answered({ timeoutMs }: { timeoutMs: number }): Promise<{ readonly at: number }> {
    try {
      return await within(this.#answered.promise, timeoutMs, 'the answer');
    } catch (error) {
      if (error instanceof SoftphoneTimeout) {
        error.message += ` (so far: ${this.provisionals.map(({ status }) => status).join(', ') || 'nothing'})`;
      }
      throw error;
    }
  }

  /** Gives up before the answer (CANCEL); after it, hangs up. */
  async cancel(): Promise<void> {
    if (this.end) return;
    if (this.answeredAt !== undefined) return this.hangup();
    this.#cancelled = true;
    if (this.provisionals.length > 0) this.#sendCancel();
    await this.ended;
  }

  override hangup(): Promise<void> {
    return this.answeredAt === undefined ? this.cancel() : super.hangup();
  }

  async #dial(): Promise<void> {
    let response = await this.#send();
    const challenge = challengeOf(response);
    if (challenge && this.#options.auth && !this.#cancelled) {
      const uri = this.#options.to;
      const answer = answerChallenge(challenge.value, { method: 'INVITE', uri }, this.#options.auth);
      response = await this.#send([[challenge.answerIn, answer]]);
    }
    if (response.status >= 300) throw new SipRejection(response.status, response.reason);
    this.#confirm(response);
  }

  #send(extra: [string, string][] = []): Promise<SipResponse> {
    const headers = [...Object.entries(this.#options.headers ?? {}), ...extra];
    const request = this.dialog.request('INVITE', { headers, body: this.media.sdp() });
    const peer = this.dialog.nextHop();
    this.#invite = this.endpoint.request(request, peer, (response) => this.#provisional(response));
    return this.#invite.response;
  }

  #provisional({ status, reason, body }: SipResponse): void {
    this.provisionals.push({ status, reason, at: performance.now() });
    // RFC 3261 section 9.1: a CANCEL has to wait for the first provisional response.
    if (this.#cancelled) this.#sendCancel();
    const early = readSdp(body);
    if (early) this.media.connect(early);
  }

  #confirm(response: SipResponse): void {
    this.dialog.confirm(response);
    if (!this.#invite) return;
    this.#invite.acknowledge(this.dialog.ack(this.#invite.request), this.dialog.nextHop());
    const remote = readSdp(response.body);
    this.answeredAt = performance.now();
    if (this.#cancelled || !remote) {
      // Answered in the same moment, or with nothing that we could hear.
      this.#answered.reject(
        remote ? new SipRejection(487, 'Request Terminated') : new Error('no usable SDP'),
      );
      super.hangup().catch(() => undefined);
      return;
    }
    this.media.connect(remote);
    this.#answered.resolve({ at: this.answeredAt });
  }

  #sendCancel(): void {
    const invite = this.#invite;
    if (!invite) return;
    const cancel = this.dialog.cancel(invite.request);
    // RFC 3261 section 9.1: who does not end the INVITE after a CANCEL has forgotten it.
    this.endpoint.request(cancel, this.dialog.nextHop()).response.then(
      ({ status }) => (status >= 300 ? invite.abandon() : invite.giveUpLater()),
      () => invite.abandon(),
    );
  }

  #fail(error: Error): void {
    this.#answered.reject(error);
    this.finish({ by: 'failed', at: performance.now() });
  }
}

function challengeOf({ status, headers }: SipResponse) {
  const [name, answerIn] =
    status === 401 ? ['www-authenticate', 'Authorization'] : ['proxy-authenticate', 'Proxy-Authorization'];
  const value = status === 401 || status === 407 ? headers.get(name ?? '') : undefined;
  return value && answerIn ? { value, answerIn } : undefined;
}
