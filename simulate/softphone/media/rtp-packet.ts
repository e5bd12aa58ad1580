/** RTP packets (RFC 3550 section 5.1) and telephone events (RFC 4733 section 2.3). */

export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export interface TelephoneEvent {
  readonly digit: string;
  readonly end: boolean;
}

const DIGITS = '0123456789*#ABCD';

export function serializeRtp(packet: RtpPacket): Buffer {
  const data = Buffer.alloc(12 + packet.payload.length);
  data[0] = 0x80;
  data[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  data.writeUInt16BE(packet.sequence & 0xffff, 2);
  data.writeUInt32BE(packet.timestamp >>> 0, 4);
  data.writeUInt32BE(packet.ssrc >>> 0, 8);
  data.set(packet.payload, 12);
  return data;
}

/** Returns undefined for what is not RTP (STUN, RTCP on the same port, rubbish). */
export function parseRtp(data: Buffer): RtpPacket | undefined {
  if (data.length < 12 || (data.readUInt8(0) & 0xc0) !== 0x80) return undefined;
  const first = data.readUInt8(0);
  const second = data.readUInt8(1);
  if (second >= 192 && second <= 223) return undefined;
  let start = 12 + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (data.length < start + 4) return undefined;
    start += 4 + data.readUInt16BE(start + 2) * 4;
  }
  const padding = first & 0x20 ? data.readUInt8(data.length - 1) : 0;
  const end = data.length - padding;
  if (end < start) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(start, end),
  };
}

export function isDigit(digit: string): boolean {
  return digit.length === 1 && DIGITS.includes(digit.toUpperCase());
}

/** `duration` is in samples of 8 kHz since the key went down. */
export function eventPayload(digit: string, duration: number, end: boolean): Uint8Array {
  const payload = Buffer.alloc(4);
  payload[0] = DIGITS.indexOf(digit.toUpperCase());
  payload[1] = (end ? 0x80 : 0) | 10;
  payload.writeUInt16BE(Math.min(duration, 0xffff), 2);
  return payload;
}

export function parseEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const digit = DIGITS[payload[0] ?? 255];
  if (payload.length < 4 || digit === undefined) return undefined;
  return { digit, end: ((payload[1] ?? 0) & 0x80) !== 0 };
}
