/** How calls are recorded, and the header of such a file (RIFF WAVE, PCM of 16 bits). Pure; shared with the worker. */

/** One rate for phone and web: the recogniser's, so that the caller's side is never resampled. */
export const recordingRate = 16_000;
export const wavHeaderBytes = 44;
const bytesPerSample = 2;

export interface WavForm {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
}

/** The 44 bytes before the samples. Sizes beyond 4 GiB are written as the largest that fits. */
export function wavHeader({ sampleRate, channels }: WavForm, dataBytes: number): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  const size = (bytes: number): number => Math.min(bytes, 0xffff_ffff);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(size(dataBytes + wavHeaderBytes - 8), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * bytesPerSample, 28);
  header.writeUInt16LE(channels * bytesPerSample, 32);
  header.writeUInt16LE(bytesPerSample * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size(dataBytes), 40);
  return header;
}

/** The form of a file whose header is exactly ours; undefined for anything else. */
export function readWavHeader(header: Buffer): (WavForm & { readonly dataBytes: number }) | undefined {
  if (header.length < wavHeaderBytes) return undefined;
  const [channels, sampleRate] = [header.readUInt16LE(22), header.readUInt32LE(24)];
  if (channels !== 1 && channels !== 2) return undefined;
  const dataBytes = header.readUInt32LE(40);
  const form: WavForm = { sampleRate, channels };
  return wavHeader(form, dataBytes).equals(header.subarray(0, wavHeaderBytes))
    ? { ...form, dataBytes }
    : undefined;
}
