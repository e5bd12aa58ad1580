import { APIConnectionError, type AudioBuffer, asLanguageCode, stt } from '@livekit/agents';
import { type RawData, WebSocket } from 'ws';
import { z } from 'zod';
import { messageOf } from '../message-of.ts';
import { SoundPackets } from './sound-packets.ts';

/** The gateway hangs up on a stream without a sign of life for 10 s. */
const keepAliveMs = 5_000;
const sampleRate = 16_000;
/** How much sound is accounted for at a time. */
const accountSamples = 5 * sampleRate;

const { FINAL_TRANSCRIPT, INTERIM_TRANSCRIPT, RECOGNITION_USAGE } = stt.SpeechEventType;

/** Of the messages of Deepgram's `/v1/listen`, what a transcript is made of. */
const listenMessage = z.union([
  z.object({
    type: z.literal('Results'),
    is_final: z.boolean(),
    metadata: z.object({ request_id: z.string() }),
    channel: z.object({
      alternatives: z.array(
        z.object({
          transcript: z.string(),
          confidence: z.number(),
          words: z.array(z.object({ start: z.number(), end: z.number() })),
        }),
      ),
    }),
  }),
  z.object({ type: z.enum(['SpeechStarted', 'UtteranceEnd', 'Metadata']) }),
]);

interface Options {
  /** Of the gateway, `ws:` and without a slash at the end. */
  readonly baseUrl: string;
  readonly model: string;
  readonly language: string;
  /** Silence that ends an utterance. */
  readonly endpointingMs: number;
}

/**
 * The local speech gateway's recogniser, in the protocol of Deepgram. Deepgram's plugin would do, and does for Deepgram
 * itself; but it collects 100 ms of sound before it sends any, and half of a packet's time is lost in every pause.
 */
export class GatewayStt extends stt.STT {
  override label = 'trunkline.GatewayStt';
  readonly #options: Options;

  constructor(options: Options) {
    super({ streaming: true, interimResults: true, alignedTranscript: false });
    this.#options = options;
  }

  override get model(): string {
    return this.#options.model;
  }

  override get provider(): string {
    return 'local';
  }

  override stream(options?: { connOptions?: ConstructorParameters<typeof stt.SpeechStream>[2] }) {
    return new GatewayStream(this, this.#options, options?.connOptions);
  }

  protected override async _recognize(_audio: AudioBuffer): Promise<stt.SpeechEvent> {
    throw new Error('Only streams are recognised.');
  }
}

class GatewayStream extends stt.SpeechStream {
  override label = 'trunkline.GatewayStream';
  readonly #options: Options;
  /** Sent, and not yet accounted for. */
  #samples = 0;

  constructor(
    owner: GatewayStt,
    options: Options,
    connOptions: ConstructorParameters<typeof stt.SpeechStream>[2],
  ) {
    super(owner, sampleRate, connOptions);
    this.#options = options;
  }

  protected override async run(): Promise<void> {
    const socket = new WebSocket(this.#url());
    const over = this.#listen(socket);
    over.catch(() => undefined);
    try {
      await Promise.race([opened(socket), over]);
      await Promise.race([this.#speak(socket), over]);
    } finally {
      socket.close();
    }
  }

  #url(): URL {
    const url = new URL(`${this.#options.baseUrl}/v1/listen`);
    const { model, language, endpointingMs } = this.#options;
    url.search = new URLSearchParams({
      ...{ model, language, encoding: 'linear16', channels: '1', sample_rate: String(sampleRate) },
      ...{ interim_results: 'true', punctuate: 'true', smart_format: 'true' },
      endpointing: String(endpointingMs),
    }).toString();
    return url;
  }

  /** Ends when there is nothing more to send. */
  async #speak(socket: WebSocket): Promise<void> {
    const say = (type: string) => socket.send(JSON.stringify({ type }));
    const alive = setInterval(() => say('KeepAlive'), keepAliveMs);
    const packets = new SoundPackets(sampleRate);
    const send = (samples: Int16Array | undefined) => samples && socket.send(bytesOf(samples));
    try {
      for await (const item of this.input) {
        if (typeof item === 'symbol') {
          send(packets.take());
          say('Finalize');
        } else send(packets.push(item.data));
        this.#samples += typeof item === 'symbol' ? 0 : item.samplesPerChannel;
        if (typeof item === 'symbol' || this.#samples >= accountSamples) this.#account();
      }
      this.#account();
      send(packets.take());
      say('CloseStream');
    } finally {
      clearInterval(alive);
    }
  }

  #account(): void {
    if (this.#samples === 0 || this.queue.closed) return;
    const recognitionUsage = { audioDuration: this.#samples / sampleRate };
    this.queue.put({ type: RECOGNITION_USAGE, recognitionUsage });
    this.#samples = 0;
  }

  /** Rejects when the connection ends before the stream does, or says what nobody understands. */
  #listen(socket: WebSocket): Promise<never> {
    return new Promise((_, reject) => {
      const fail = (message: string) => reject(new APIConnectionError({ message }));
      socket.on('error', (error) => fail(messageOf(error)));
      socket.on('close', (code, reason) =>
        fail(`The speech gateway hung up (${code}${reason.length > 0 ? `: ${reason}` : ''}).`),
      );
      socket.on('message', (data) => {
        try {
          this.#onMessage(data);
        } catch {
          fail('The speech gateway sent what is no transcript.');
        }
      });
    });
  }

  #onMessage(data: RawData): void {
    const message = listenMessage.parse(JSON.parse(String(data)));
    if (message.type !== 'Results' || this.queue.closed) return;
    const [alternative] = message.channel.alternatives;
    if (!alternative?.transcript) return;
    const { transcript: text, confidence, words } = alternative;
    this.queue.put({
      type: message.is_final ? FINAL_TRANSCRIPT : INTERIM_TRANSCRIPT,
      requestId: message.metadata.request_id,
      alternatives: [
        {
          ...{ text, confidence, language: asLanguageCode(this.#options.language) },
          startTime: (words[0]?.start ?? 0) + this.startTimeOffset,
          endTime: (words.at(-1)?.end ?? 0) + this.startTimeOffset,
        },
      ],
    });
  }
}

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('open', () => resolve());
  });

const bytesOf = ({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
