/** G.711 µ-law and A-law (ITU-T G.711), by tables. */

const bias = 0x84;
const clip = 32_635;

function decodeMulaw(code: number): number {
  const inverted = ~code & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = (((inverted & 15) << 3) + bias) << exponent;
  return inverted & 0x80 ? bias - magnitude : magnitude - bias;
}

function decodeAlaw(code: number): number {
  const toggled = code ^ 0x55;
  const exponent = (toggled >> 4) & 7;
  const mantissa = ((toggled & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

const table = (decode: (code: number) => number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, code) => decode(code) / 32_768);

const mulawTable = table(decodeMulaw);
const alawTable = table(decodeAlaw);

const decodeWith = (codes: Uint8Array, values: Float32Array): Float32Array => {
  const samples = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) samples[i] = values[codes[i] ?? 0] ?? 0;
  return samples;
};

export const mulawToFloat = (codes: Uint8Array): Float32Array => decodeWith(codes, mulawTable);
export const alawToFloat = (codes: Uint8Array): Float32Array => decodeWith(codes, alawTable);

/** Samples between -1 and 1 to µ-law bytes. */
export function floatToMulaw(samples: Float32Array): Buffer {
  const codes = Buffer.alloc(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] ?? 0) * 32_767);
    const sign = value < 0 ? 0x80 : 0;
    const magnitude = Math.min(Math.abs(value), clip) + bias;
    const exponent = 31 - Math.clz32(magnitude) - 7;
    codes[i] = ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
  }
  return codes;
}
