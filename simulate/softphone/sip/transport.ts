import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Peer } from './address.ts';
import { callIdOf, parseMessage, type SipMessage, serializeMessage } from './message.ts';

/** One datagram as it was on the wire. `atMs` is of `performance.now()`. */
export interface WireEntry {
  readonly atMs: number;
  readonly direction: 'sent' | 'received';
  readonly peer: Peer;
  readonly text: string;
  /** Undefined for what could not be read. */
  readonly callId: string | undefined;
}

type Receive = (message: SipMessage, source: Peer) => void;

/** SIP over one UDP socket. What cannot be parsed is written down and dropped. */
export class SipTransport {
  readonly wire: WireEntry[] = [];
  readonly address: Peer;
  malformed = 0;
  readonly #socket: Socket;
  #closed = false;

  private constructor(socket: Socket, address: Peer) {
    this.#socket = socket;
    this.address = address;
  }

  static async open(local: Peer): Promise<SipTransport> {
    const socket = await bindUdp(local);
    const transport = new SipTransport(socket, { host: local.host, port: socket.address().port });
    // A closed port on the other side comes back as an error of the socket; timers deal with it.
    socket.on('error', () => undefined);
    return transport;
  }

  onMessage(receive: Receive): void {
    this.#socket.on('message', (data, { address, port }) => {
      const source = { host: address, port };
      const text = data.toString();
      if (text.trim() === '') return;
      try {
        const message = parseMessage(text);
        this.#record('received', source, text, callIdOf(message));
        receive(message, source);
      } catch {
        this.malformed += 1;
        this.#record('received', source, text, undefined);
      }
    });
  }

  send(message: SipMessage, peer: Peer): void {
    if (this.#closed) return;
    const text = serializeMessage(message);
    this.#record('sent', peer, text, callIdOf(message));
    this.#socket.send(text, peer.port, peer.host, () => undefined);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #record(direction: WireEntry['direction'], peer: Peer, text: string, callId: string | undefined): void {
    this.wire.push({ atMs: performance.now(), direction, peer, text, callId });
  }
}

/** Binds a UDP socket; port 0 takes a free one. Rejects when the port is taken. */
export async function bindUdp({ host, port }: Peer): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  const bound = once(socket, 'listening');
  socket.bind(port, host);
  await bound;
  return socket;
}
