import { resample } from './resample.ts';

/** One stream of sound on its way to bytes. */
export interface Encoding {
  readonly encode: (samples: Float32Array, fromRate: number) => Buffer;
  /** What was held back until it was known that nothing more comes. */
  readonly finish: () => Buffer;
}

/** A format in which every sample is bytes at once. */
export const plainEncoding = (toBytes: (samples: Float32Array) => Buffer, sampleRate: number): Encoding => ({
  encode: (samples, fromRate) => toBytes(resample(samples, fromRate, sampleRate)),
  finish: () => Buffer.alloc(0),
});
