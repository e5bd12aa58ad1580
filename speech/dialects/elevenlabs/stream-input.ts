import type { RawData, WebSocket } from 'ws';
import { type Gateway, limits } from '../../gateway.ts';
import type { SocketRoute } from '../../http/route.ts';
import { toBuffer } from '../../http/socket-data.ts';
import { type InputMessage, parseInput } from './input-message.ts';
import { type OutputFormat, outputFormat } from './output-format.ts';
import { SpeechContext } from './speech-context.ts';

interface StreamOptions {
  readonly requestId: string;
  readonly format: OutputFormat;
  readonly inactivityMs: number;
  /** `stream-input`: one utterance a socket, without context ids. */
  readonly single: boolean;
}

/** `/v1/text-to-speech/{voice}/multi-stream-input`, and `/stream-input`, its older form with one context. */
export const streamInputs = (gateway: Gateway): SocketRoute[] =>
  [true, false].map((single) => ({
    path: `/v1/text-to-speech/:voice/${single ? 'stream-input' : 'multi-stream-input'}`,
    accept: ({ url, requestId }) => {
      const query = url.searchParams;
      const options: StreamOptions = {
        requestId,
        single,
        format: outputFormat(query),
        inactivityMs: inactivity(query.get('inactivity_timeout')),
      };
      return (socket) => new InputStream(gateway, socket, options);
    },
  }));

function inactivity(value: string | null): number {
  const seconds = Number(value ?? 20);
  return (Number.isFinite(seconds) ? Math.min(180, Math.max(1, seconds)) : 20) * 1_000;
}

class InputStream {
  readonly #gateway: Gateway;
  readonly #socket: WebSocket;
  readonly #options: StreamOptions;
  readonly #contexts = new Map<string, SpeechContext>();
  readonly #idle: NodeJS.Timeout;
  #closing = false;

  constructor(gateway: Gateway, socket: WebSocket, options: StreamOptions) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.#options = options;
    this.#idle = setTimeout(() => this.#expire(), options.inactivityMs);
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => {
      clearTimeout(this.#idle);
      for (const context of this.#contexts.values()) context.abort();
    });
  }

  #receive(data: RawData): void {
    if (this.#closing) return;
    this.#idle.refresh();
    const message = parseInput(toBuffer(data).toString('utf8'));
    if (!message) {
      this.#refuse('invalid_message', 'A message must be a JSON object with a text.');
      return;
    }
    if (message.close_socket) {
      this.#closeAll();
      return;
    }
    const id = this.#options.single ? 'default' : (message.context_id ?? message.contextId ?? 'default');
    if (message.close_context) {
      this.#contexts.get(id)?.close();
      return;
    }
    if (message.text !== undefined || message.flush) this.#speak(id, message);
  }

  #speak(id: string, message: InputMessage): void {
    const { text = '', flush = false, try_trigger_generation: trigger = false } = message;
    // After an interruption a late, empty flush follows for a context that is gone.
    if (text === '' && !this.#contexts.has(id)) {
      if (this.#options.single) this.#closeAll();
      return;
    }
    const context = this.#contexts.get(id) ?? this.#open(id, message);
    if (!context) return;
    if (context.characters + text.length > limits.speechCharacters) {
      this.#refuse('text_too_long', `One context takes ${limits.speechCharacters} characters.`, id);
      return;
    }
    context.add(text, { flush: flush || trigger });
    if (this.#options.single && text === '') this.#closeAll();
  }

  #open(id: string, message: InputMessage): SpeechContext | undefined {
    if (this.#contexts.size >= limits.contextsPerSocket) {
      this.#refuse('too_many_contexts', `One socket takes ${limits.contextsPerSocket} contexts at once.`, id);
      return undefined;
    }
    const { format, requestId } = this.#options;
    const context = new SpeechContext({
      synthesizer: this.#gateway.synthesizer,
      format,
      speed: message.voice_settings?.speed ?? 1,
      lane: requestId,
      onChunk: ({ audio, alignment }) =>
        this.#send(id, {
          audio: audio.toString('base64'),
          isFinal: null,
          alignment,
          normalizedAlignment: alignment,
        }),
      onFinal: () => this.#finish(id),
      onError: (error) => {
        this.#gateway.log.error({ err: error, requestId }, 'synthesis failed');
        this.#send(id, { error: 'synthesis_failed', message: 'The local voice failed on this text.' });
      },
    });
    this.#contexts.set(id, context);
    return context;
  }

  #finish(id: string): void {
    this.#contexts.delete(id);
    this.#send(id, { isFinal: true });
    if (this.#closing && this.#contexts.size === 0) this.#socket.close(1000);
  }

  #closeAll(): void {
    this.#closing = true;
    if (this.#contexts.size === 0) {
      this.#socket.close(1000);
      return;
    }
    for (const context of this.#contexts.values()) context.close();
  }

  #expire(): void {
    const busy = [...this.#contexts.values()].some((context) => context.isClosing);
    if (busy) return void this.#idle.refresh();
    this.#refuse('input_timeout_exceeded', 'No text came for longer than the inactivity timeout.');
  }

  /** The vendor says what is wrong and closes with 1008. */
  #refuse(error: string, message: string, contextId?: string): void {
    this.#closing = true;
    this.#send(contextId, { message, error, code: 1008 });
    this.#socket.close(1008, message.slice(0, 120));
  }

  #send(contextId: string | undefined, message: object): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const named = this.#options.single || contextId === undefined ? message : { contextId, ...message };
    this.#socket.send(JSON.stringify(named));
  }
}
