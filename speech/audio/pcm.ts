/** Little-endian signed 16-bit PCM to samples between -1 and 1; an odd last byte is left out. */
export function pcm16ToFloat(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(i * 2, true) / 32_768;
  return samples;
}

/** Samples to little-endian signed 16-bit PCM; what is beyond full scale is clipped. */
export function floatToPcm16(samples: Float32Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.max(-1, Math.min(1, samples[i] ?? 0));
    bytes.writeInt16LE(Math.round(value * 32_767), i * 2);
  }
  return bytes;
}

/** One channel out of interleaved samples. */
export function channelOf(interleaved: Float32Array, channel: number, channels: number): Float32Array {
  if (channels === 1) return interleaved;
  const samples = new Float32Array(Math.floor(interleaved.length / channels));
  for (let i = 0; i < samples.length; i++) samples[i] = interleaved[i * channels + channel] ?? 0;
  return samples;
}

export function mixDown(interleaved: Float32Array, channels: number): Float32Array {
  if (channels === 1) return interleaved;
  const samples = new Float32Array(Math.floor(interleaved.length / channels));
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += interleaved[i * channels + channel] ?? 0;
    samples[i] = sum / channels;
  }
  return samples;
}

export function concatFloat(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
