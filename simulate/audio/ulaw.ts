/** G.711 mu-law, as the ITU's reference code does it (14-bit magnitudes, bias 33). */

const BIAS = 0x84;
const CLIP = 32_635;
/** The code of silence. */
export const ULAW_SILENCE = 0xff;

const decodeTable = Int16Array.from({ length: 256 }, (_, code) => decodeOne(code));
const encodeTable = Uint8Array.from({ length: 65_536 }, (_, index) => encodeOne((index << 16) >> 16));

export function encodeUlaw(samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) codes[i] = encodeTable[(samples[i] ?? 0) & 0xffff] ?? 0;
  return codes;
}

export function decodeUlaw(codes: Uint8Array): Int16Array {
  const samples = new Int16Array(codes.length);
  for (let i = 0; i < codes.length; i += 1) samples[i] = decodeTable[codes[i] ?? 0] ?? 0;
  return samples;
}

function encodeOne(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

function decodeOne(code: number): number {
  const bits = ~code & 0xff;
  const exponent = (bits >> 4) & 0x07;
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << exponent) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}
