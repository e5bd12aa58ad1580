import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request: answer a text, or something worse. */
export type Turn =
  | { readonly say: string }
  | { readonly refuse: string }
  | { readonly status: number; readonly message?: string }
  | { readonly raw: string }
  | 'hang'
  | 'drop';

export interface ChatServer {
  /** For OPENAI_BASE_URL. */
  readonly url: string;
  /** Bodies of the chat requests so far. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into requests of every form
  readonly requests: any[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** An OpenAI-compatible chat server that plays a script, one turn for each request; the last one again and again. */
export async function chatServer(script: readonly Turn[]): Promise<ChatServer> {
  const requests: unknown[] = [];
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/v1/models')
      return sendJson(response, 200, { data: [{ id: 'listed-model' }, { id: 'another' }] });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const turn = script[Math.min(requests.length, script.length - 1)] ?? 'hang';
    requests.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    play(turn, response);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function play(turn: Turn, response: ServerResponse): void {
  if (turn === 'hang') return;
  if (turn === 'drop') response.destroy();
  else if ('raw' in turn) response.end(turn.raw);
  else if ('status' in turn)
    sendJson(response, turn.status, { error: { message: turn.message ?? 'no reason' } });
  else sayIt(turn, response);
}

function sayIt(turn: { say: string } | { refuse: string }, response: ServerResponse): void {
  const message = 'say' in turn ? { content: turn.say } : { content: null, refusal: turn.refuse };
  sendJson(response, 200, {
    model: 'mock-model-1',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...message } }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
