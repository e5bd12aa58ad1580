import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/** A WebSocket that a server would not open, and what it wrote instead. */
interface Refusal {
  readonly host: string;
  readonly status: number;
  readonly words: string;
  readonly at: number;
}

const rememberedMs = 10_000;
const remembered = 32;
const longestWords = 300;
const refusals: Refusal[] = [];
let watching = false;

/**
 * From now on what servers write when they refuse a WebSocket is kept for a moment. `ws` throws it away and the plugins
 * tell the status alone, so it is read beneath them, from the first bytes that come back.
 */
export function watchRefusedSockets(): void {
  if (watching) return;
  watching = true;
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { readonly request: ClientRequest };
    if (!/^websocket$/i.test(String(request.getHeader('upgrade')))) return;
    const listen = (socket: Socket) =>
      socket.prependOnceListener('data', (chunk: Buffer) => note(request.host, chunk.toString()));
    if (request.socket) listen(request.socket);
    else request.once('socket', listen);
  });
}

/** What one of these hosts wrote when it refused a WebSocket with that status a moment ago. */
export function wordsOfRefusal(isTheirs: (host: string) => boolean, status: number): string | undefined {
  const since = performance.now() - rememberedMs;
  return refusals.findLast(
    (refusal) => refusal.at >= since && refusal.status === status && isTheirs(refusal.host),
  )?.words;
}

function note(host: string, answer: string): void {
  const status = Number(/^HTTP\/1\.[01] ([45]\d\d)\b/.exec(answer)?.[1]);
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  const words = status ? wordsIn(body) : '';
  if (words === '') return;
  refusals.push({ host, status, words, at: performance.now() });
  if (refusals.length > remembered) refusals.shift();
}

/**
 * The sentence in an error's body: Deepgram's `err_msg`, ElevenLabs' `detail.message`, OpenAI's `error.message`, or
 * plain text.
 */
function wordsIn(body: string): string {
  // Between the lengths of a chunked body, too.
  const json = /\{[\s\S]*\}/.exec(body)?.[0];
  const text = (json && sentenceIn(json)) ?? (/^\s*[{<[]/.test(body) ? '' : body);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, longestWords);
}

function sentenceIn(json: string): string | undefined {
  try {
    const find = (value: unknown): string | undefined => {
      if (typeof value === 'string') return value;
      if (typeof value !== 'object' || value === null) return undefined;
      const fields = value as Record<string, unknown>;
      return find(fields.err_msg ?? fields.message ?? fields.detail ?? fields.error);
    };
    return find(JSON.parse(json));
  } catch {
    return undefined;
  }
}
