import type { RawData, WebSocket } from 'ws';
import { alawToFloat, mulawToFloat } from '../../audio/mulaw.ts';
import { pcm16ToFloat } from '../../audio/pcm.ts';
import { Resampler } from '../../audio/resample.ts';
import { recognizerRate } from '../../engines/recognizer.ts';
import { type Gateway, limits } from '../../gateway.ts';
import { badRequest } from '../../http/fault.ts';
import type { SocketRoute } from '../../http/route.ts';
import { toBuffer } from '../../http/socket-data.ts';
import { type LiveEvent, LiveTranscriber } from '../../listen/live-transcriber.ts';
import { metadataMessage, resultsMessage } from './listen-messages.ts';
import { type Encoding, type ListenParams, listenParams } from './listen-params.ts';

/** The vendor closes with NET-0001 after ten seconds without audio or KeepAlive. */
const idleMs = 12_000;

/** `GET /v1/listen` as a WebSocket: audio in, Results out. */
export const listenSocket = (gateway: Gateway): SocketRoute => ({
  path: '/v1/listen',
  accept: ({ url, requestId }) => {
    const params = listenParams(url.searchParams);
    if (params.channels !== 1)
      throw badRequest('A live stream has one channel here: send channels=1, or POST the file.', 'channels');
    return (socket) => new ListenStream(gateway, socket, params, requestId);
  },
});

class ListenStream {
  readonly #gateway: Gateway;
  readonly #socket: WebSocket;
  readonly #params: ListenParams;
  readonly #requestId: string;
  readonly #created = new Date();
  readonly #transcriber: LiveTranscriber;
  readonly #resampler: Resampler;
  /** Half a sample left over from the last frame. */
  #odd: Buffer = Buffer.alloc(0);
  #ending = false;
  readonly #idle: NodeJS.Timeout;

  constructor(gateway: Gateway, socket: WebSocket, params: ListenParams, requestId: string) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.#params = params;
    this.#requestId = requestId;
    this.#resampler = new Resampler(params.sampleRate ?? recognizerRate, recognizerRate);
    this.#transcriber = new LiveTranscriber({
      recognizer: gateway.recognizer,
      endpointingMs: params.endpointingMs,
      interim: params.interim,
      utteranceEndMs: params.utteranceEndMs,
      lane: requestId,
      emit: (event) => this.#emit(event),
      onError: (error) => gateway.log.error({ err: error, requestId }, 'recognition failed'),
    });
    this.#idle = setTimeout(
      () => this.#close(1011, 'NET-0001: no audio and no KeepAlive for too long'),
      idleMs,
    );
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', () => {
      clearTimeout(this.#idle);
      this.#transcriber.stop();
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ending) return;
    this.#idle.refresh();
    const bytes = toBuffer(data);
    if (!isBinary) {
      this.#control(bytes.toString('utf8'));
      return;
    }
    // An empty frame is the old way to say CloseStream.
    if (bytes.length === 0) {
      this.#end();
      return;
    }
    this.#transcriber.push(this.#resampler.push(this.#decode(bytes)));
    this.#holdBack();
  }

  #decode(bytes: Buffer): Float32Array {
    const encoding: Encoding = this.#params.encoding ?? 'linear16';
    if (encoding === 'mulaw') return mulawToFloat(bytes);
    if (encoding === 'alaw') return alawToFloat(bytes);
    const whole = this.#odd.length === 0 ? bytes : Buffer.concat([this.#odd, bytes]);
    const even = whole.length - (whole.length % 2);
    this.#odd = whole.subarray(even);
    return pcm16ToFloat(whole.subarray(0, even));
  }

  /** A file sent as fast as the wire takes it must not pile up here. */
  #holdBack(): void {
    if (this.#transcriber.backlogMs < limits.liveBacklogMs || this.#socket.isPaused) return;
    this.#socket.pause();
    const timer = setInterval(() => {
      if (this.#transcriber.backlogMs > limits.liveBacklogMs / 2 && this.#socket.readyState <= 1) return;
      clearInterval(timer);
      this.#socket.resume();
    }, 50);
  }

  #control(text: string): void {
    const type = messageType(text);
    if (type === 'KeepAlive') return;
    if (type === 'Finalize') {
      this.#transcriber.finalize();
      return;
    }
    if (type === 'CloseStream') {
      this.#end();
      return;
    }
    this.#close(1008, 'DATA-0000: a text message must be JSON of type KeepAlive, Finalize or CloseStream');
  }

  #end(): void {
    this.#ending = true;
    this.#transcriber.push(this.#resampler.flush());
    void this.#transcriber.end().then(() => {
      const { model } = this.#params;
      this.#send(metadataMessage(this.#requestId, model, this.#created, this.#transcriber.positionMs));
      this.#close(1000, '');
    });
  }

  #emit(event: LiveEvent): void {
    const { model, punctuate, vadEvents } = this.#params;
    if (event.type === 'result') this.#send(resultsMessage(event, this.#requestId, model, punctuate));
    else if (event.type === 'utterance-end')
      this.#send({ type: 'UtteranceEnd', channel: [0, 1], last_word_end: event.lastWordEndMs / 1_000 });
    else if (vadEvents) this.#send({ type: 'SpeechStarted', channel: [0], timestamp: event.atMs / 1_000 });
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #close(code: number, reason: string): void {
    if (code !== 1000)
      this.#gateway.log.info({ requestId: this.#requestId, code, reason }, 'closing a listen stream');
    this.#ending = true;
    this.#socket.close(code, reason);
  }
}

function messageType(text: string): string | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null && 'type' in message
      ? String(message.type)
      : undefined;
  } catch {
    return undefined;
  }
}
