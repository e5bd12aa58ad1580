import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What one tool call or text answer of the scripted model is. */
export type Reply =
  /** @property stalls the stream stays open and nothing comes any more */
  | { readonly text: string; readonly stalls?: true }
  /** `args` as a text goes as it is. */
  | { readonly text?: string; readonly tool: string; readonly args: Record<string, unknown> | string }
  | { readonly stall: true }
  | { readonly status: number; readonly message: string };

export interface ChatRequest {
  readonly model: string;
  readonly temperature?: number;
  readonly messages: readonly { readonly role: string; readonly content?: string }[];
  readonly tools?: readonly unknown[];
}

/** Speech and language providers that speak the real wire protocols, and fail on command. */
export interface MockProviders {
  readonly url: string;
  readonly chats: readonly ChatRequest[];
  readonly spoken: readonly string[];
  /** Open sockets of the recogniser. */
  listeners(): number;
  /** How the language model answers; the default is a fixed sentence. */
  answer: (request: ChatRequest) => Reply;
  /** What the recogniser hears whenever somebody has spoken. */
  transcript: string;
  readonly faults: {
    /** HTTP status of the recogniser's upgrade. */
    listen: number;
    /** HTTP status of the synthesiser's upgrade. */
    speak: number;
    /** Breaks the next synthesis after its first audio message. */
    speakBreaks: boolean;
    /** Sockets stay open, but nothing is heard any more. */
    deaf: boolean;
  };
  /** Closes the recogniser's sockets the way a provider does. */
  dropListeners(): void;
  close(): Promise<void>;
}

const speechRms = 300;
/** Silence that ends an utterance; the pauses within the question are shorter. */
const endpointingMs = 350;
const samplesPerMs = 16;
const millisPerCharacter = 40;

export async function startMockProviders(): Promise<MockProviders> {
  const chats: ChatRequest[] = [];
  const spoken: string[] = [];
  const hearing = new Set<WebSocket>();
  const faults = { listen: 0, speak: 0, speakBreaks: false, deaf: false };
  const sockets = new WebSocketServer({ noServer: true });
  const mock: { answer: MockProviders['answer']; transcript: string } = {
    answer: () => ({ text: 'We are open from nine to five.' }),
    transcript: 'What are your opening hours?',
  };
  const server = createServer((request, response) => {
    void handle(request, response, chats, (chat) => mock.answer(chat));
  });
  server.on('upgrade', (request, socket, head) => {
    const listens = request.url?.startsWith('/v1/listen') ?? false;
    const refused = listens ? faults.listen : faults.speak;
    if (refused) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      if (listens) {
        hearing.add(ws);
        ws.on('close', () => hearing.delete(ws));
        listen(ws, () => (faults.deaf ? null : mock.transcript));
      } else speak(ws, request.url ?? '', spoken, faults);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(mock, {
    url: `http://127.0.0.1:${port}`,
    chats,
    spoken,
    faults,
    listeners: () => hearing.size,
    dropListeners: () => {
      for (const socket of hearing) socket.close(1011, 'dropped');
    },
    close: () => closeServer(server, sockets),
  });
}

async function closeServer(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Deepgram `/v1/listen`: an utterance ends after a silence. */
function listen(ws: WebSocket, heard: () => string | null): void {
  let speaking = false;
  let silentMs = 0;
  const send = (message: object) => ws.send(JSON.stringify(message));
  const result = (final: boolean, transcript: string) =>
    send({
      type: 'Results',
      is_final: final,
      speech_final: final,
      start: 0,
      duration: 1,
      metadata: { request_id: 'mock' },
      channel: { alternatives: [{ transcript, confidence: 0.99, words: [] }] },
    });
  ws.on('message', (data: Buffer, binary) => {
    if (!binary) {
      if (data.toString().includes('CloseStream')) {
        send({ type: 'Metadata' });
        ws.close(1000);
      }
      return;
    }
    // A copy: where a small message lies in its buffer is anybody's guess.
    const samples = new Int16Array(Uint8Array.from(data).buffer);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    if (rms > speechRms) {
      if (!speaking) send({ type: 'SpeechStarted' });
      speaking = true;
      silentMs = 0;
      return;
    }
    silentMs += samples.length / samplesPerMs;
    if (speaking && silentMs >= endpointingMs) {
      speaking = false;
      const transcript = heard();
      if (transcript !== null) result(true, transcript);
    }
  });
}

interface SpeakMessage {
  readonly text?: string;
  readonly context_id?: string;
  readonly flush?: boolean;
  readonly close_context?: boolean;
}

/** ElevenLabs `multi-stream-input`: a 300 Hz tone as long as the text, with alignment. */
function speak(ws: WebSocket, url: string, spoken: string[], faults: { speakBreaks: boolean }): void {
  const rate = Number(/pcm_(\d+)/.exec(url)?.[1] ?? 22_050);
  ws.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as SpeakMessage;
    const text = message.text?.trim() ?? '';
    if (text) {
      spoken.push(text);
      ws.send(JSON.stringify({ contextId: message.context_id, ...toneFor(`${text} `, rate) }));
      if (faults.speakBreaks) ws.close(1011, 'broken');
      faults.speakBreaks = false;
    }
    if (message.close_context) ws.send(JSON.stringify({ contextId: message.context_id, isFinal: true }));
  });
}

function toneFor(text: string, rate: number): object {
  const chars = [...text];
  const samples = new Int16Array(Math.round((chars.length * millisPerCharacter * rate) / 1_000));
  for (let at = 0; at < samples.length; at++) samples[at] = Math.sin((2 * Math.PI * 300 * at) / rate) * 8_000;
  const alignment = {
    chars,
    charStartTimesMs: chars.map((_, index) => index * millisPerCharacter),
    charDurationsMs: chars.map(() => millisPerCharacter),
  };
  return { audio: Buffer.from(samples.buffer).toString('base64'), alignment, normalizedAlignment: alignment };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  chats: ChatRequest[],
  answer: (request: ChatRequest) => Reply,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  if (request.url === '/v1/models') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: [{ id: 'scripted/assistant' }] }));
    return;
  }
  if (request.url !== '/v1/chat/completions') {
    response.writeHead(404).end();
    return;
  }
  const chat = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest;
  chats.push(chat);
  const reply = answer(chat);
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: reply.message } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  if ('stall' in reply) return;
  const chunk = (delta: object, finish: string | null) =>
    response.write(
      `data: ${JSON.stringify({ id: 'chat', object: 'chat.completion.chunk', model: chat.model, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  for (const word of reply.text?.match(/\S+\s*/g) ?? []) chunk({ role: 'assistant', content: word }, null);
  if ('stalls' in reply) return;
  if ('tool' in reply)
    chunk(
      {
        tool_calls: [
          {
            index: 0,
            id: `call_${chats.length}`,
            type: 'function',
            function: {
              name: reply.tool,
              arguments: typeof reply.args === 'string' ? reply.args : JSON.stringify(reply.args),
            },
          },
        ],
      },
      null,
    );
  chunk({}, 'tool' in reply ? 'tool_calls' : 'stop');
  response.write(
    `data: ${JSON.stringify({ id: 'chat', object: 'chat.completion.chunk', model: chat.model, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } })}\n\n`,
  );
  response.end('data: [DONE]\n\n');
}
