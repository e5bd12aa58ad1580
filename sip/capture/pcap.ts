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
  /** As `hostOf` writes it. */
  readonly host: string;
  readonly port: number;
}

/** A UDP datagram, or a piece of a TCP stream. */
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
  const version = (ip[0] ?? 0) >> 4;
  const inside = version === 4 ? insideOf4(ip) : version === 6 ? insideOf6(ip) : undefined;
  if (!inside) return undefined;
  const { from, to, protocol, bytes } = inside;
  if (bytes.length < (protocol === tcp ? 20 : 8)) return undefined;
  const skip = protocol === udp ? 8 : protocol === tcp ? ((bytes[12] ?? 0) >> 4) * 4 : undefined;
  if (skip === undefined) return undefined;
  return {
    from: { host: from, port: bytes.readUInt16BE(0) },
    to: { host: to, port: bytes.readUInt16BE(2) },
    payload: bytes.subarray(skip),
  };
}

const [tcp, udp] = [6, 17];

interface Inside {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly bytes: Buffer;
}

/** Undefined: it is no IPv4, or a later piece of a packet that was cut up. */
function insideOf4(ip: Buffer): Inside | undefined {
  if (ip.length < 20 || (ip.readUInt16BE(6) & 0x1fff) !== 0) return undefined;
  return {
    from: [...ip.subarray(12, 16)].join('.'),
    to: [...ip.subarray(16, 20)].join('.'),
    protocol: ip[9] ?? 0,
    bytes: ip.subarray(((ip[0] ?? 0) & 15) * 4, Math.min(ip.length, ip.readUInt16BE(2))),
  };
}

/** Headers that may stand before the one that counts: hop by hop, routing, for the destination. */
const optionHeaders = new Set([0, 43, 60]);
const fragmentHeader = 44;

function insideOf6(ip: Buffer): Inside | undefined {
  if (ip.length < 40) return undefined;
  let protocol = ip[6] ?? 0;
  let rest = ip.subarray(40, Math.min(ip.length, 40 + ip.readUInt16BE(4)));
  while (optionHeaders.has(protocol) || protocol === fragmentHeader) {
    if (rest.length < 8 || (protocol === fragmentHeader && rest.readUInt16BE(2) >> 3 !== 0)) return undefined;
    const length = protocol === fragmentHeader ? 8 : ((rest[1] ?? 0) + 1) * 8;
    protocol = rest[0] ?? 0;
    rest = rest.subarray(length);
  }
  return { from: address6(ip.subarray(8, 24)), to: address6(ip.subarray(24, 40)), protocol, bytes: rest };
}

const address6 = (bytes: Buffer): string => {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return hostOf(groups.join(':'));
};

/** An address in the one way of writing it, of the many that IPv6 has (RFC 5952). Throws for what is none. */
export function hostOf(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
