import { afterAll, beforeAll, expect, it } from 'vitest';
import { installSystemPackages, succeeds } from '../../cli/embedded/system-packages.ts';
import { consoleOutput } from '../../cli/output.ts';
import { waitFor } from '../../platform/retry.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type Packet, readPcap } from '../../sip/capture/pcap.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { registerLine } from './lines.ts';
import { dial, findCall, finished, hear, patienceMs } from './support.ts';

interface Capture {
  readonly state: string;
  readonly detail: string;
  readonly call_id: string | null;
  readonly sip_call_id: string | null;
  readonly size: number;
  readonly url: string | null;
}

const line = '+14155550178';
let product: Product;
let phone: Softphone;

beforeAll(async () => {
  if (!(await succeeds('tcpdump', ['--version']))) await installSystemPackages(['tcpdump'], consoleOutput());
  product = await sharedProduct();
  phone = await Softphone.listen({ user: 'caller' });
  await registerLine(product, { number: line, sipAddress: `127.0.0.1:${phone.address.port}`, agent: {} });
});
afterAll(async () => {
  await phone?.close();
});

it('the packets of the next call of a number, and of no other, can be had as a pcap file', async () => {
  const path = `/phonenumbers/${line}/captures`;
  const before = await dial(product, phone, { number: line, from: '+15550501' });
  expect((await product.api<Capture>('POST', path)).state).toBe('asked');
  await expect(product.api('POST', path)).rejects.toThrow('409');
  const capture = async () => (await product.api<Capture[]>('GET', path))[0];
  await waitFor('the capture to wait', async () => (await capture())?.state === 'waiting', {
    timeoutMs: patienceMs,
    everyMs: 100,
  });
  const call = await dial(product, phone, { number: line, from: '+15550502' });
  await hear(product, call, call.answeredAt ?? 0);
  await call.hangup();
  const callId = await findCall(product, '+15550502');
  await finished(product, callId);
  const done = await waitFor(
    'the file',
    async () => {
      const one = await capture();
      return one?.state === 'waiting' ? undefined : one;
    },
    { timeoutMs: patienceMs, everyMs: 200 },
  );
  expect(done).toMatchObject({ state: 'ready', detail: '', call_id: callId, sip_call_id: call.callId });
  const bytes = Buffer.from(await (await fetch(done.url ?? '')).arrayBuffer());
  expect([bytes.length, bytes.readUInt32LE(0)]).toEqual([done.size, 0xa1b2c3d4]);
  const packets: Packet[] = [];
  const source = (async function* () {
    yield bytes;
  })();
  for await (const { packet } of readPcap(source, () => undefined)) if (packet) packets.push(packet);
  const texts = packets.map(({ payload }) => payload.toString('latin1'));
  expect(texts.some((text) => text.startsWith('INVITE ') && text.includes(call.callId))).toBe(true);
  expect(texts.some((text) => text.includes(before.callId))).toBe(false);
  const rtp = packets.filter(({ payload }) => payload[0] === 0x80 && ((payload[1] ?? 255) & 127) === 0);
  expect(new Set(rtp.map(({ from }) => from.port)).size).toBe(2);
  expect(rtp.length).toBeGreaterThan(100);
  await before.hangup();
});
