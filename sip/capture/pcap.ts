/** Reads what a capture program writes (pcap, draft-ietf-opsawg-pcap): the file's header, then records. */

const headerBytes = 24;
const recordBytes = 16;
/** A record that claims more is damage. */
const longestPacket = 262_144;

export interface PcapRecord {
  /** As it stands in the file. */
  readonly bytes: Buffer;
  readonly packet: Packet | undefined;
}

export interface End {
  readonly host: string;
  readonly port: number;
}

/** A UDP datagram, or a piece of a TCP stream, over IPv4. */
export interface Packet {
  readonly from: End;
  readonly to: End;
  readonly payload: Buffer;
}

/** Hands the header of the file to `onHeader`, and then every record as it comes. Throws for what is no pcap. */
export async function* readPcap(
  source: AsyncIterable<Buffer>,
  onHeader: (header: Buffer) => void,
): AsyncGenerator<PcapRecord> {
  let rest: Buffer = Buffer.alloc(0);
  let form: { readonly little: boolean; readonly link: number } | undefined;
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!form && rest.length >= headerBytes) {
      form = formOf(rest);
      onHeader(rest.subarray(0, headerBytes));
      rest = rest.subarray(headerBytes);
    }
    while (form && rest.length >= recordBytes) {
      const length = form.little ? rest.readUInt32LE(8) : rest.readUInt32BE(8);
      if (length > longestPacket) throw new Error('The capture is damaged.');
      if (rest.length < recordBytes + length) break;
      const bytes = rest.subarray(0, recordBytes + length);
      rest = rest.subarray(recordBytes + length);
      yield { bytes, packet: packetOf(bytes.subarray(recordBytes), form.link) };
    }
  }
}

function formOf(header: Buffer): { readonly little: boolean; readonly link: number } {
  const magic = header.readUInt32LE(0);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  if (!little && magic !== 0xd4c3b2a1 && magic !== 0x4d3cb2a1) throw new Error('This is no pcap file.');
  return { little, link: (little ? header.readUInt32LE(20) : header.readUInt32BE(20)) & 0xffff };
}

/** How much comes before IP: Ethernet, and Linux's "any" in its two forms. */
const linkHeader: Readonly<Record<number, number>> = { 1: 14, 113: 16, 276: 20 };

function packetOf(frame: Buffer, link: number): Packet | undefined {
  const ip = frame.subarray(linkHeader[link] ?? frame.length);
  if (ip.length < 20 || (ip[0] ?? 0) >> 4 !== 4) return undefined;
  const ipBytes = ((ip[0] ?? 0) & 15) * 4;
  const inner = ip.subarray(ipBytes, Math.min(ip.length, ip.readUInt16BE(2)));
  const [protocol, isFirst] = [ip[9], (ip.readUInt16BE(6) & 0x1fff) === 0];
  if (!isFirst || inner.length < (protocol === 6 ? 20 : 8)) return undefined;
  const skip = protocol === 17 ? 8 : protocol === 6 ? ((inner[12] ?? 0) >> 4) * 4 : undefined;
  if (skip === undefined) return undefined;
  return {
    from: { host: [...ip.subarray(12, 16)].join('.'), port: inner.readUInt16BE(0) },
    to: { host: [...ip.subarray(16, 20)].join('.'), port: inner.readUInt16BE(2) },
    payload: inner.subarray(skip),
  };
}
