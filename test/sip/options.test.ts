import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { SipEndpoint } from '../../simulate/softphone/sip/endpoint.ts';
import { trunkProbe } from '../../sip/options.ts';

const probe = trunkProbe({ limitMs: 3_000 });
const local = { host: '127.0.0.1', port: 0 };

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test.each([
  [200, 'OK', 'answered', /^Answered 200 OK in \d+ ms\.$/],
  [401, 'Unauthorized', 'answered', /asks for credentials/],
  [404, 'Not Found', 'answered', /does not care for OPTIONS/],
  [403, 'Forbidden', 'refused', /refuses this machine/],
  [503, 'Service Unavailable', 'refused', /serves nobody/],
] as const)(
  'a SIP server that answers %i %s over UDP is told in words',
  async (status, reason, outcome, words) => {
    const asked: string[] = [];
    const server = await SipEndpoint.open(local, undefined, (transaction) => {
      asked.push(transaction.request.method);
      transaction.respond(100, 'Trying');
      transaction.respond(status, reason);
    });
    try {
      const sipAddress = `127.0.0.1:${server.transport.address.port}`;
      const answer = await probe.options({ sipAddress, transport: 'auto' });
      expect(answer).toMatchObject({ status, outcome, detail: expect.stringMatching(words) });
      expect(asked).toEqual(['OPTIONS']);
    } finally {
      await server.close();
    }
  },
);

test('a lost datagram is sent again; an answer to somebody else does not count', async () => {
  const socket = createSocket('udp4');
  let times = 0;
  socket.on('message', (data, { port, address }) => {
    times += 1;
    const request = data.toString();
    if (times === 1) return;
    const headers = request.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
    const answer = (lines: string[]) =>
      ['SIP/2.0 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n');
    const foreign = headers.map((line) => line.replace(/z9hG4bK\w+/, 'z9hG4bKother'));
    socket.send(answer(foreign).replace('200 OK', '403 Forbidden'), port, address);
    socket.send(answer(headers), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  try {
    const sipAddress = `127.0.0.1:${socket.address().port}`;
    expect(await probe.options({ sipAddress, transport: 'udp' })).toMatchObject({ status: 200 });
    expect(times).toBe(2);
  } finally {
    socket.close();
  }
});

test('over TCP an answer may come in pieces, and what is no SIP server is named as such', async () => {
  const server = createServer((socket) =>
    socket.once('data', (data) => {
      const request = data.toString();
      expect(request).toMatch(/^OPTIONS sip:127\.0\.0\.1:\d+ SIP\/2\.0\r\nVia: SIP\/2\.0\/TCP /);
      const via = /^Via: .*$/m.exec(request)?.[0].trim() ?? '';
      socket.write('SIP/2.0 200 ');
      setTimeout(() => socket.write(`OK\r\n${via}\r\nContent-Length: 0\r\n\r\n`), 20);
    }),
  );
  const web = createServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  const [port, webPort] = [await listen(server), await listen(web)];
  try {
    expect(await probe.options({ sipAddress: `127.0.0.1:${port}`, transport: 'tcp' })).toMatchObject({
      outcome: 'answered',
      status: 200,
    });
    expect(await probe.options({ sipAddress: `127.0.0.1:${webPort}`, transport: 'tcp' })).toMatchObject({
      ...{ outcome: 'silent', status: null },
      detail: expect.stringContaining('no SIP server'),
    });
  } finally {
    server.close();
    web.close();
  }
});

test('silence, a closed port and a name without an address each have their own sentence', async () => {
  const deaf = createSocket('udp4');
  await new Promise<void>((resolve) => deaf.bind(0, '127.0.0.1', resolve));
  const { port } = deaf.address();
  const quick = trunkProbe({ limitMs: 300 });
  const silence = await quick.options({ sipAddress: `127.0.0.1:${port}`, transport: 'auto' });
  deaf.close();
  expect(silence).toMatchObject({ outcome: 'silent', status: null });
  expect(silence.detail).toBe(
    `Nothing answered at 127.0.0.1:${port} over UDP within 0.3 s. Check the address and the firewall.`,
  );
  const closed = await probe.options({ sipAddress: `127.0.0.1:${port}`, transport: 'tcp' });
  expect(closed.detail).toContain('Nothing listens at');
  const nowhere = await probe.options({ sipAddress: 'sip.nowhere.invalid', transport: 'tls' });
  expect(nowhere.detail).toContain('resolves to no address');
  expect((await probe.options({ sipAddress: '', transport: 'auto' })).outcome).toBe('silent');
});
