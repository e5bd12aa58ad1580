import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP, connect as netConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { TrunkAnswer, TrunkProbe } from '../core/ports.ts';
import { hostOf } from './addresses.ts';

type Transport = 'udp' | 'tcp' | 'tls';

interface Target {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
}

/** RFC 3261, 17.1.2.1: T1, doubled with each repetition over UDP. */
const t1Ms = 500;
const defaultLimitMs = 4_000;

/**
 * core/ports.ts `TrunkProbe`: a real OPTIONS (RFC 3261, section 11) to the server of a trunk. It proves that a SIP
 * server is there and talks to this machine; whether it takes calls with these credentials only a call can prove.
 */
export const trunkProbe = ({ limitMs = defaultLimitMs }: { limitMs?: number } = {}): TrunkProbe => ({
  options: async ({ sipAddress, transport }) => {
    const startedAt = performance.now();
    const took = () => Math.round(performance.now() - startedAt);
    const silent = (detail: string): TrunkAnswer => ({
      outcome: 'silent',
      status: null,
      tookMs: took(),
      detail,
    });
    // LiveKit's "auto" begins with UDP as well.
    const over: Transport = transport === 'auto' ? 'udp' : transport;
    const host = hostOf(sipAddress);
    const port = Number(
      /:(\d+)$/.exec(sipAddress.replace(/^\[[^\]]*\]/, ''))?.[1] ?? (over === 'tls' ? 5061 : 5060),
    );
    if (host === '') return silent('There is no SIP address to ask.');
    const address = await lookup(host).then(
      ({ address: found }) => found,
      () => null,
    );
    if (address === null) return silent(`The name ${host} resolves to no address. Check the SIP address.`);
    const target: Target = { host, address, port, transport: over };
    const where = `${isIP(host) === 6 ? `[${host}]` : host}:${port} over ${over.toUpperCase()}`;
    try {
      const answer = await (over === 'udp' ? askByDatagram : askByStream)(
        target,
        AbortSignal.timeout(limitMs),
      );
      return { ...explained(answer, took()), tookMs: took(), status: answer.status };
    } catch (error) {
      return silent(explainSilence(error, where, limitMs));
    }
  },
});

interface SipAnswer {
  readonly status: number;
  readonly phrase: string;
}

function explained({ status, phrase }: SipAnswer, tookMs: number): Pick<TrunkAnswer, 'outcome' | 'detail'> {
  const said = `${status}${phrase === '' ? '' : ` ${phrase}`} in ${tookMs} ms`;
  if (status < 300) return { outcome: 'answered', detail: `Answered ${said}.` };
  if (status === 401 || status === 407)
    return {
      outcome: 'answered',
      detail: `Answered ${said}: it is there and asks for credentials, which calls bring along.`,
    };
  if (status === 403)
    return {
      outcome: 'refused',
      detail: `Answered ${said}: it is there but refuses this machine. Have the carrier allow its public address.`,
    };
  if (status === 408 || status >= 500 || status === 480)
    return { outcome: 'refused', detail: `Answered ${said}: it is there but serves nobody at the moment.` };
  return { outcome: 'answered', detail: `Answered ${said}: it is there, and does not care for OPTIONS.` };
}

function explainSilence(error: unknown, where: string, limitMs: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return `Nothing listens at ${where}. Check the port and the transport.`;
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.startsWith('ERR_SSL'))
    return `No secure connection to ${where}: ${code}. Check the certificate and the transport.`;
  if (error instanceof NoSipError) return `What answers at ${where} is no SIP server. Check the port.`;
  return `Nothing answered at ${where} within ${limitMs / 1_000} s. Check the address and the firewall.`;
}

class NoSipError extends Error {
  override readonly name = 'NoSipError';
}

function requestText(target: Target, local: { address: string; port: number }, branch: string): string {
  const bracket = (host: string) => (isIP(host) === 6 ? `[${host}]` : host);
  const here = `${bracket(local.address)}:${local.port}`;
  const scheme = target.transport === 'tls' ? 'sips' : 'sip';
  const there = `${scheme}:${bracket(target.host)}:${target.port}`;
  return [
    `OPTIONS ${there} SIP/2.0`,
    `Via: SIP/2.0/${target.transport.toUpperCase()} ${here};rport;branch=${branch}`,
    'Max-Forwards: 70',
    `From: <sip:trunkline@${here}>;tag=${randomBytes(6).toString('hex')}`,
    `To: <${there}>`,
    `Call-ID: ${randomBytes(12).toString('hex')}@trunkline`,
    'CSeq: 1 OPTIONS',
    `Contact: <sip:trunkline@${here}>`,
    'Accept: application/sdp',
    'User-Agent: Trunkline',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

const newBranch = (): string => `z9hG4bK${randomBytes(10).toString('hex')}`;

/** The final answer to our request; undefined: something else, or only a provisional one. */
function readAnswer(text: string, branch: string): SipAnswer | undefined {
  const match = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(text);
  if (match?.[1] === undefined || !text.includes(branch) || match[1].startsWith('1')) return undefined;
  return { status: Number(match[1]), phrase: (match[2] ?? '').trim().slice(0, 100) };
}

function askByDatagram(target: Target, signal: AbortSignal): Promise<SipAnswer> {
  const socket = createSocket(isIP(target.address) === 6 ? 'udp6' : 'udp4');
  const branch = newBranch();
  let repetition: NodeJS.Timeout | undefined;
  return new Promise<SipAnswer>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('error', reject);
    socket.on('message', (data) => {
      const answer = readAnswer(data.toString('utf8'), branch);
      if (answer) resolve(answer);
    });
    // Connected, so that "nobody listens there" comes back as an error, and nobody else can answer.
    socket.connect(target.port, target.address, () => {
      const text = requestText(target, socket.address(), branch);
      const send = (waitMs: number) => {
        socket.send(text);
        repetition = setTimeout(() => send(waitMs * 2), waitMs);
      };
      send(t1Ms);
    });
  }).finally(() => {
    clearTimeout(repetition);
    socket.close();
  });
}

function askByStream(target: Target, signal: AbortSignal): Promise<SipAnswer> {
  const { address: host, port } = target;
  const branch = newBranch();
  const isSecure = target.transport === 'tls';
  const socket = isSecure
    ? tlsConnect({ host, port, ...(isIP(target.host) === 0 ? { servername: target.host } : {}) })
    : netConnect({ host, port });
  let received = '';
  return new Promise<SipAnswer>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('error', reject);
    socket.on('close', () => reject(new NoSipError('The connection was closed without an answer.')));
    socket.on('data', (data) => {
      received += data.toString('utf8');
      if (!'SIP/2.0 '.startsWith(received.slice(0, 8))) return reject(new NoSipError('This is no SIP.'));
      if (received.length > 65_536) return reject(new NoSipError('This does not end.'));
      for (const message of received.split(/(?=^SIP\/2\.0 )/m)) {
        const answer = message.includes('\r\n\r\n') ? readAnswer(message, branch) : undefined;
        if (answer) resolve(answer);
      }
    });
    socket.once(isSecure ? 'secureConnect' : 'connect', () =>
      socket.write(
        requestText(
          target,
          { address: socket.localAddress ?? '0.0.0.0', port: socket.localPort ?? 0 },
          branch,
        ),
      ),
    );
  }).finally(() => socket.destroy());
}
