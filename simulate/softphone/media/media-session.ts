import type { Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { decodeUlaw, ULAW_SILENCE } from '../../audio/ulaw.ts';
import type { Peer } from '../sip/address.ts';
import { PCMU, type RemoteMedia, writeSdp } from '../sip/sdp.ts';
import { bindUdp } from '../sip/transport.ts';
import { FRAME_SAMPLES, PacedSender, type Played } from './paced-sender.ts';
import { isDigit, parseEvent, parseRtp, type RtpPacket, serializeRtp } from './rtp-packet.ts';
import { type SpeechSegment, SpeechTracker } from './speech-tracker.ts';
import { Timeline } from './timeline.ts';

interface MediaEvents {
  dtmf: [digit: string];
  packet: [];
}

/** The audio of one call: an RTP socket of its own, a steady stream out, a timeline in. */
export class MediaSession extends EventEmitter<MediaEvents> {
  readonly local: Peer;
  readonly timeline: Timeline;
  /** Packets from somewhere else than the SDP said. */
  strayPackets = 0;
  readonly #socket: Socket;
  readonly #sender: PacedSender;
  readonly #speech: SpeechTracker;
  readonly #sessionId = Math.floor(Math.random() * 2 ** 31);
  #remote: RemoteMedia | undefined;
  /** A mu-law frame for every 20 ms that went out, for the call log. */
  readonly #sent: Uint8Array[] = [];
  #lastEvent = '';
  #closed = false;

  private constructor(socket: Socket, local: Peer) {
    super();
    this.local = local;
    this.#socket = socket;
    this.#sender = new PacedSender((packet) => this.#transmit(packet));
    this.timeline = new Timeline((first, samples) => this.#speech.push(first, samples));
    this.#speech = new SpeechTracker((sample) => this.timeline.timeOf(sample));
    socket.on('error', () => undefined);
    socket.on('message', (data, { address, port }) => this.#receive(data, { host: address, port }));
  }

  static async open(host: string): Promise<MediaSession> {
    const socket = await bindUdp({ host, port: 0 });
    return new MediaSession(socket, { host, port: socket.address().port });
  }

  get packetsSent(): number {
    return this.#sender.packetsSent;
  }

  /** `performance.now()` of the first packet out. */
  get startedAt(): number | undefined {
    return this.#sender.startedAt;
  }

  /** 8 kHz samples that went out, silence where keys were pressed. */
  get said(): Int16Array {
    return decodeUlaw(Buffer.concat(this.#sent));
  }

  get remote(): RemoteMedia | undefined {
    return this.#remote;
  }

  sdp(): string {
    return writeSdp({ ...this.local, sessionId: this.#sessionId, version: 1 });
  }

  /** Takes the other side's address; the stream out starts. */
  connect(remote: RemoteMedia): void {
    this.#remote = remote;
    if (remote.dtmfType !== undefined) this.#sender.dtmfType = remote.dtmfType;
    if (!this.#closed) this.#sender.start();
  }

  play(samples: Int16Array): Promise<Played> {
    return this.#sender.play(samples);
  }

  stopPlaying(): void {
    this.#sender.stopPlaying();
  }

  /** 8 kHz samples to be heard behind everything; undefined: nothing any more. */
  setBackground(samples: Int16Array | undefined): void {
    this.#sender.background = samples;
  }

  /** Throws when a character is not on a telephone. */
  press(digits: string): Promise<void> {
    for (const digit of digits) if (!isDigit(digit)) throw new Error(`${digit} is not a key`);
    return this.#sender.press(digits);
  }

  segments(): SpeechSegment[] {
    return this.#speech.segments();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender.close();
    this.#socket.close();
    this.emit('packet');
  }

  #transmit(packet: RtpPacket): void {
    if (this.#closed) return;
    const audio = packet.payloadType === PCMU;
    this.#sent.push(audio ? packet.payload : new Uint8Array(FRAME_SAMPLES).fill(ULAW_SILENCE));
    if (!this.#remote?.listens) return;
    this.#socket.send(serializeRtp(packet), this.#remote.port, this.#remote.host, () => undefined);
  }

  #receive(data: Buffer, source: Peer): void {
    const packet = parseRtp(data);
    if (!packet) return;
    if (source.host !== this.#remote?.host || source.port !== this.#remote.port) {
      this.strayPackets += 1;
      return;
    }
    this.timeline.count(packet);
    if (packet.payloadType === PCMU) {
      this.timeline.receive(packet, performance.now());
      this.emit('packet');
    } else this.#receiveEvent(packet);
  }

  /** Every packet of a key press carries the timestamp at which it began. */
  #receiveEvent({ payload, payloadType, timestamp, ssrc }: RtpPacket): void {
    if (payloadType !== (this.#remote?.dtmfType ?? 101)) return;
    const event = parseEvent(payload);
    const id = `${ssrc}/${timestamp}`;
    if (!event || id === this.#lastEvent) return;
    this.#lastEvent = id;
    this.emit('dtmf', event.digit);
  }
}
