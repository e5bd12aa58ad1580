import { expect, test } from 'vitest';
import { legMark } from '../leg-of.ts';
import { CallFilter } from './call-filter.ts';
import { type Packet, readPcap } from './pcap.ts';
import { whyNoCapture } from './tcpdump.ts';

const number = '+14155550188';
const end = { host: '127.0.0.1', port: 5060 };
const packet = (text: string, from = end, to = end): Packet => ({ from, to, payload: Buffer.from(text) });
const sip = (first: string, callId: string, more = '') =>
  packet(
    `${first}\r\nFrom: <sip:alice@x>;tag=1\r\nTo: "Desk" <sip:${number}@x>\r\nCall-ID: ${callId}\r\n${more}\r\n`,
  );

test('the filter takes the first call of the number, its media and nothing of anybody else', () => {
  const filter = new CallFilter(number);
  expect(
    filter.takes(
      packet('INVITE sip:+14155550999@x SIP/2.0\r\nTo: <sip:+14155550999@x>\r\nCall-ID: other\r\n'),
    ),
  ).toBe(false);
  expect(filter.takes(packet('rtp', { host: '127.0.0.1', port: 40_000 }))).toBe(false);
  const sdp = 'CSeq: 1 INVITE\r\n\r\nc=IN IP4 127.0.0.1\r\nm=audio 40000 RTP/AVP 0\r\n';
  expect(filter.takes(sip('INVITE sip:1@x SIP/2.0', 'mine', sdp))).toBe(true);
  expect(filter.takes(sip('INVITE sip:1@x SIP/2.0', 'second', 'CSeq: 1 INVITE\r\n'))).toBe(false);
  expect([filter.callId, filter.isOver]).toEqual(['mine', false]);
  for (const port of [40_000, 40_001])
    expect(filter.takes(packet('\x80', end, { host: '127.0.0.1', port }))).toBe(true);
  for (const other of [
    { host: '127.0.0.2', port: 40_000 },
    { host: '127.0.0.1', port: 40_002 },
  ])
    expect(filter.takes(packet('\x80', other))).toBe(false);
  filter.takes(sip('SIP/2.0 407 Proxy Authentication Required', 'mine', 'CSeq: 1 INVITE\r\n'));
  expect(filter.isOver).toBe(false);
  filter.takes(sip('SIP/2.0 486 Busy Here', 'mine', 'CSeq: 2 INVITE\r\n'));
  expect(filter.isOver).toBe(true);
});

test('the leg of its transfer belongs to the call, and has to end as well', () => {
  const leg = (mark: string) => `X-Trunkline-Leg-Of: ${mark}\r\nCSeq: 1 INVITE\r\n`;
  const mine = new CallFilter(number);
  mine.takes(sip('INVITE sip:1@x SIP/2.0', 'mine', 'CSeq: 1 INVITE\r\n'));
  expect(mine.takes(sip('INVITE sip:desk@y SIP/2.0', 'other', leg(legMark('another'))))).toBe(false);
  const sdp = `${leg(legMark('mine'))}\r\nc=IN IP4 127.0.0.1\r\nm=audio 41000 RTP/AVP 0\r\n`;
  expect(mine.takes(sip('INVITE sip:desk@y SIP/2.0', 'leg', sdp))).toBe(true);
  expect(mine.takes(packet('\x80', end, { host: '127.0.0.1', port: 41_000 }))).toBe(true);
  mine.takes(sip('SIP/2.0 200 OK', 'mine', 'CSeq: 2 BYE\r\n'));
  expect([mine.callId, mine.isOver]).toEqual(['mine', false]);
  mine.takes(sip('SIP/2.0 200 OK', 'leg', 'CSeq: 2 BYE\r\n'));
  expect(mine.isOver).toBe(true);
});

test('what is no pcap is refused', async () => {
  const read = readPcap(
    (async function* () {
      yield Buffer.from('x'.repeat(100));
    })(),
    () => undefined,
  );
  await expect(read.next()).rejects.toThrow('no pcap');
});

test('a machine that cannot capture says why', async () => {
  const why = await whyNoCapture({ host: '127.0.0.1', port: 5060, rtpPorts: 'none-at all' });
  expect(why).toMatch(/tcpdump/);
});
