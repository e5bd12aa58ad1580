import { EventEmitter } from 'node:events';
import { resample } from '../audio/resample.ts';
import { readWav } from '../audio/wav.ts';
import { answerInDialog, type Referral, readSipfrag } from './in-dialog.ts';
import {
  type HeardSpeech,
  type SilenceWanted,
  type SpeechWanted,
  waitForSilence,
  waitForSpeech,
  within,
} from './listening.ts';
import type { MediaSession } from './media/media-session.ts';
import type { Played } from './media/paced-sender.ts';
import type { SpeechSegment } from './media/speech-tracker.ts';
import { userOf } from './sip/address.ts';
import { withResolvers } from './sip/client-transaction.ts';
import type { Dialog, RequestParts } from './sip/dialog.ts';
import type { SipEndpoint } from './sip/endpoint.ts';
import type { SipResponse } from './sip/message.ts';
import { readSdp } from './sip/sdp.ts';
import type { ServerTransaction } from './sip/server-transaction.ts';
import { SipRejection } from './sip-rejection.ts';

const TELEPHONE_HZ = 8_000;

export interface CallEnd {
  /** `failed`: it never was a call. */
  readonly by: 'local' | 'remote' | 'failed';
  readonly at: number;
  /** The Reason header of the other side's BYE. */
  readonly reason?: string | undefined;
}

interface CallEvents {
  dtmf: [digit: string];
  reinvite: [];
}

export interface CallParts {
  readonly endpoint: SipEndpoint;
  readonly dialog: Dialog;
  readonly media: MediaSession;
}

/** One call of a softphone, from either side. All moments are of `performance.now()`. */
export class Call extends EventEmitter<CallEvents> {
  readonly dialog: Dialog;
  readonly media: MediaSession;
  readonly endpoint: SipEndpoint;
  /** Resolves when the call is over, however it went. */
  readonly ended: Promise<CallEnd>;
  /** Resolves when the other side transfers us (REFER). */
  readonly referred: Promise<Referral>;
  /** What becomes of a transfer: sent back in the NOTIFY. */
  referOutcome = { status: 200, reason: 'OK' };
  /** Keys pressed by the other side so far. */
  digits = '';
  answeredAt: number | undefined;
  end: CallEnd | undefined;
  readonly #ended = withResolvers<CallEnd>();
  readonly #referred = withResolvers<Referral>();
  readonly #referResult = withResolvers<number>();

  constructor({ endpoint, dialog, media }: CallParts) {
    super();
    this.endpoint = endpoint;
    this.dialog = dialog;
    this.media = media;
    this.ended = this.#ended.promise;
    this.referred = this.#referred.promise;
    media.on('dtmf', (digit) => this.pressed(digit));
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get remoteNumber(): string {
    return userOf(this.dialog.remoteUri);
  }

  /**
   * Says samples, or a WAV file, behind what is being said. Resolves when the last of it left.
   * `sampleRate` is that of the samples; default 8000.
   */
  async play(audio: Int16Array | string, sampleRate = TELEPHONE_HZ): Promise<Played> {
    const clip = typeof audio === 'string' ? await readWav(audio) : { samples: audio, sampleRate };
    return this.media.play(resample(clip.samples, clip.sampleRate, TELEPHONE_HZ));
  }

  stopPlaying(): void {
    this.media.stopPlaying();
  }

  /** Everything heard so far, 8 kHz. */
  heard(): Int16Array {
    return this.media.timeline.samples;
  }

  /** What was heard from `fromMs` to `toMs`, moments of `performance.now()`. */
  heardBetween(fromMs: number, toMs = Number.POSITIVE_INFINITY): Int16Array {
    const originMs = this.media.timeline.originMs ?? 0;
    const at = (ms: number) => Math.max(0, Math.round((ms - originMs) * (TELEPHONE_HZ / 1000)));
    return this.heard().subarray(at(fromMs), at(toMs));
  }

  speechSegments(): SpeechSegment[] {
    return this.media.segments();
  }

  heardSpeech(wanted: SpeechWanted): Promise<HeardSpeech> {
    return waitForSpeech(this.media, wanted);
  }

  heardSilence(wanted: SilenceWanted): Promise<{ readonly startedAt: number }> {
    return waitForSilence(this.media, wanted);
  }

  /** Presses keys (RFC 4733); resolves when the last is up. */
  sendDtmf(digits: string): Promise<void> {
    return this.media.press(digits);
  }

  /** Presses one key by SIP INFO. */
  async sendInfoDtmf(digit: string): Promise<void> {
    const body = `Signal=${digit}\r\nDuration=160\r\n`;
    await this.request('INFO', { body, contentType: 'application/dtmf-relay' });
  }

  /** Offers the same audio again. Throws `SipRejection`. */
  async reinvite(): Promise<void> {
    const request = this.dialog.request('INVITE', { body: this.media.sdp() });
    const transaction = this.endpoint.request(request, this.dialog.nextHop());
    const response = await transaction.response;
    if (response.status >= 300) throw new SipRejection(response.status, response.reason);
    this.dialog.refreshTarget(response.headers);
    transaction.acknowledge(this.dialog.ack(request), this.dialog.nextHop());
    const remote = readSdp(response.body);
    if (remote) this.media.connect(remote);
  }

  /** Asks the other side to call somebody else; resolves with the SIP status its NOTIFY reports. */
  async refer(target: string, timeoutMs = 10_000): Promise<number> {
    const response = await this.request('REFER', { headers: [['Refer-To', `<${target}>`]] });
    if (response.status >= 300) throw new SipRejection(response.status, response.reason);
    return within(this.#referResult.promise, timeoutMs, 'the result of the transfer');
  }

  /** Ends the call; resolves when the other side has confirmed it or did not answer. */
  async hangup(): Promise<void> {
    if (this.end) return;
    const sent = this.request('BYE');
    this.finish({ by: 'local', at: performance.now() });
    await sent.catch(() => undefined);
  }

  /** A request inside the call. Rejects with `SipTimeout` when nobody answers. */
  request(method: string, parts?: RequestParts): Promise<SipResponse> {
    const request = this.dialog.request(method, parts);
    return this.endpoint.request(request, this.dialog.nextHop()).response;
  }

  /** Answers what the other side sends within the call. */
  receive(transaction: ServerTransaction): void {
    answerInDialog(this, transaction);
  }

  pressed(digit: string): void {
    this.digits += digit;
    this.emit('dtmf', digit);
  }

  wasReferred(referral: Referral): void {
    this.#referred.resolve(referral);
  }

  wasNotified(sipfrag: string): void {
    const status = readSipfrag(sipfrag);
    if (status !== undefined && status >= 200) this.#referResult.resolve(status);
  }

  finish(end: CallEnd): void {
    if (this.end) return;
    this.end = end;
    this.media.close();
    this.#ended.resolve(end);
  }
}
