import { beforeAll, expect, test } from 'vitest';
import { installSystemPackages, succeeds } from '../../cli/embedded/system-packages.ts';
import { consoleOutput } from '../../cli/output.ts';
import { answerAfter, busy } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type Packet, readPcap } from '../../sip/capture/pcap.ts';
import { type CaptureLimits, captureCall, type SipPlace, whyNoCapture } from '../../sip/capture/tcpdump.ts';

const limits = { waitMs: 20_000, lastsMs: 20_000, sizeBytes: 2_000_000 };
const number = '+14155550188';

beforeAll(async () => {
  if (!(await succeeds('tcpdump', ['--version']))) await installSystemPackages(['tcpdump'], consoleOutput());
});

/** A desk that answers, and somebody who calls it, beside another call that is nobody's business. */
async function phones() {
  const [desk, alice, other] = await Promise.all([
    Softphone.listen(),
    Softphone.listen(),
    Softphone.listen(),
  ]);
  const place = { host: '127.0.0.1', port: desk.address.port, rtpPorts: '1024-65535' };
  const call = (from: Softphone, user: string) =>
    from.call({ to: `sip:${user}@127.0.0.1:${desk.address.port}`, from: '+15550100' });
  const close = () => Promise.all([desk.close(), alice.close(), other.close()]);
  return { desk, alice, other, place, call, [Symbol.asyncDispose]: async () => void (await close()) };
}

/** Captures the next call; `listening`: a call that comes now is not missed. */
function begin(place: SipPlace, within: CaptureLimits) {
  let resolve: () => void = () => undefined;
  const listening = new Promise<void>((done) => {
    resolve = done;
  });
  const capturing = captureCall(place, { number, limits: within, onListening: () => resolve() });
  return { capturing, listening };
}

async function packetsOf(file: Buffer): Promise<Packet[]> {
  const packets: Packet[] = [];
  const source = (async function* () {
    yield file;
  })();
  for await (const { packet } of readPcap(source, () => undefined)) if (packet) packets.push(packet);
  return packets;
}

test('one call of a number is captured, signalling and sound, and nothing of another', async () => {
  await using rig = await phones();
  expect(await whyNoCapture(rig.place)).toBeNull();
  rig.desk.onInvite(answerAfter(20));
  const strange = await rig.call(rig.other, '+14155550199');
  await strange.answered({ timeoutMs: 10_000 });
  const { capturing, listening } = begin(rig.place, limits);
  await listening;
  const mine = await rig.call(rig.alice, number);
  await mine.answered({ timeoutMs: 10_000 });
  await mine.play(new Int16Array(4_000).fill(3_000));
  await mine.hangup();
  const { file, sipCallId, cut } = await capturing;
  expect([sipCallId, cut, file.readUInt32LE(0)]).toEqual([mine.callId, '', 0xa1b2c3d4]);
  const packets = await packetsOf(file);
  const texts = packets.map(({ payload }) => payload.toString('latin1'));
  expect(texts.some((text) => text.startsWith('INVITE ') && text.includes(mine.callId))).toBe(true);
  expect(texts.some((text) => text.startsWith('BYE '))).toBe(true);
  expect(texts.filter((text) => text.includes(strange.callId))).toEqual([]);
  // RTP of version 2, PCMU.
  const rtp = packets.filter(({ payload }) => payload[0] === 0x80 && ((payload[1] ?? 255) & 127) === 0);
  expect(rtp.length).toBeGreaterThan(10);
  expect(new Set(rtp.flatMap(({ from, to }) => [from.port, to.port])).size).toBe(2);
});

test('a call that is refused is captured too, one that is too large is cut and says so, and none is an error', async () => {
  await using rig = await phones();
  rig.desk.onInvite(busy());
  for (const [sizeBytes, cut] of [
    [2_000_000, ''],
    [500, 'largest size'],
  ] as const) {
    const { capturing, listening } = begin(rig.place, { ...limits, sizeBytes });
    await listening;
    const call = await rig.call(rig.alice, number);
    const captured = await capturing;
    expect(captured).toMatchObject({ sipCallId: call.callId, cut: expect.stringContaining(cut) });
    const texts = (await packetsOf(captured.file)).map(({ payload }) => payload.toString('latin1'));
    expect(texts.some((text) => text.startsWith('SIP/2.0 486'))).toBe(cut === '');
  }
  const none = captureCall(rig.place, { number, limits: { ...limits, waitMs: 500 } });
  await expect(none).rejects.toThrow('No call came in');
});
