import { isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { CallFilter } from './call-filter.ts';
import { hostOf, type Packet, readPcap } from './pcap.ts';

const [tcp, udp] = [6, 17];
const ethernet = Buffer.alloc(14);

function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
}

const datagram = (text: string, from = 5060, to = 40_000): Buffer =>
  Buffer.concat([uint16(from, to, 8 + text.length, 0), Buffer.from(text)]);

function segment(text: string): Buffer {
  const header = Buffer.alloc(32);
  uint16(5060, 40_000).copy(header);
  header[12] = 8 << 4;
  return Buffer.concat([header, Buffer.from(text)]);
}

function ip4(protocol: number, inner: Buffer, { offset = 0, length = 20 + inner.length } = {}): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header[9] = protocol;
  uint16(length).copy(header, 2);
  uint16(offset).copy(header, 6);
  header.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
  return Buffer.concat([ethernet, header, inner]);
}

const address = (last: number) => uint16(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);

function ip6(next: number, inner: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  uint16(inner.length).copy(header, 4);
  header[6] = next;
  return Buffer.concat([ethernet, header, address(1), address(2), inner]);
}

async function packetsOf(...frames: Buffer[]): Promise<(Packet | undefined)[]> {
  const file = Buffer.alloc(24);
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt32LE(1, 20);
  const records = frames.map((frame) => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(frame.length, 8);
    return Buffer.concat([header, frame]);
  });
  const packets: (Packet | undefined)[] = [];
  const source = (async function* () {
    yield Buffer.concat([file, ...records]);
  })();
  for await (const { packet } of readPcap(source, () => undefined)) packets.push(packet);
  return packets;
}

const ends = (one: string, other: string) => ({
  from: { host: one, port: 5060 },
  to: { host: other, port: 40_000 },
});

test('packets of IPv4 and IPv6, of UDP and TCP, with what they carry', async () => {
  const options = Buffer.concat([Buffer.from([udp, 1]), Buffer.alloc(14)]);
  const fragment = (offset: number) =>
    Buffer.concat([Buffer.from([udp, 0]), uint16((offset << 3) | 1), Buffer.alloc(4)]);
  const packets = await packetsOf(
    ip4(udp, datagram('four')),
    ip4(tcp, segment('four by tcp')),
    ip6(udp, datagram('six')),
    ip6(tcp, segment('six by tcp')),
    ip6(0, Buffer.concat([options, datagram('after options')])),
    ip6(44, Buffer.concat([fragment(0), datagram('the first piece')])),
  );
  expect(packets.map((packet) => packet?.payload.toString())).toEqual([
    ...['four', 'four by tcp', 'six', 'six by tcp', 'after options', 'the first piece'],
  ]);
  expect(packets[0]).toMatchObject(ends('10.0.0.1', '10.0.0.2'));
  for (const packet of packets.slice(2)) expect(packet).toMatchObject(ends('2001:db8::1', '2001:db8::2'));
});

test('what is no packet of either, or the later piece of one, is passed over', async () => {
  const later = Buffer.concat([Buffer.from([udp, 0]), uint16(5 << 3), Buffer.alloc(4)]);
  const packets = await packetsOf(
    Buffer.alloc(0),
    ethernet,
    Buffer.concat([ethernet, Buffer.from([0x60, 0, 0])]),
    Buffer.concat([ethernet, Buffer.from([0x45, 0, 0])]),
    ip4(udp, datagram('later'), { offset: 7 }),
    ip4(1, datagram('icmp')),
    ip4(udp, datagram('cut'), { length: 22 }),
    ip6(58, datagram('icmp')),
    ip6(44, Buffer.concat([later, datagram('later')])),
    ip6(0, Buffer.from([udp, 255, 0, 0])),
    ip6(0, Buffer.concat([Buffer.from([udp, 255]), Buffer.alloc(30)])),
    ip6(udp, Buffer.alloc(3)),
  );
  expect(packets).toEqual(packets.map(() => undefined));
});

test('the sound of a call over IPv6 is known by its SDP, however that writes the address', async () => {
  const sdp = 'c=IN IP6 2001:0DB8:0:0::0002\r\nm=audio 40000 RTP/SAVP 0\r\n';
  const invite = `INVITE sip:+14155550188@x SIP/2.0\r\nCall-ID: mine\r\nCSeq: 1 INVITE\r\n\r\n${sdp}`;
  const filter = new CallFilter('+14155550188');
  const taken: boolean[] = [];
  for (const packet of await packetsOf(
    ip6(udp, datagram(invite, 5060, 5060)),
    ip6(udp, datagram('\x80', 30_000, 40_000)),
    ip6(udp, datagram('\x80', 30_000, 40_002)),
    ip4(udp, datagram('\x80', 30_000, 40_000)),
  ))
    if (packet) taken.push(filter.takes(packet));
  expect(taken).toEqual([true, true, false, false]);
});

test('an SDP with a name for an address brings no sound, and no harm', () => {
  const filter = new CallFilter('1');
  const end = { host: '::1', port: 5060 };
  const text = 'INVITE sip:1@x SIP/2.0\r\nCall-ID: a\r\n\r\nc=IN IP6 [host]\r\nm=audio 4000 RTP/AVP 0\r\n';
  expect(filter.takes({ from: end, to: end, payload: Buffer.from(text) })).toBe(true);
  expect(filter.takes({ from: end, to: { host: '::1', port: 4_000 }, payload: Buffer.from('\x80') })).toBe(
    false,
  );
});

test.each(['::1', '2001:db8::1', '::ffff:10.0.0.1', 'fe80::1'])('%s is written in one way', (one) => {
  expect(isIPv6(hostOf(one))).toBe(true);
  expect(hostOf(hostOf(one).toUpperCase())).toBe(hostOf(one));
});
