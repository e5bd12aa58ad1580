import { addPiece, stagePiece } from '../../core/recordings/index.ts';
import { recordingRate, wavHeader } from '../../core/recordings/wav.ts';
import type { TestContext } from '../harness/context.ts';
import { chunksOf } from './knowledge.ts';

interface PieceOfTest {
  readonly seq: number;
  /** Left, right, left, right … */
  readonly samples: Int16Array;
  readonly epoch?: number;
  readonly stretchAt?: number;
  readonly offset?: number;
  readonly last?: boolean;
}

export const stretchAt = Date.UTC(2026, 1, 10, 12);

/** A WAV file of two channels. */
export function stereoWav(samples: Int16Array, sampleRate = recordingRate): Buffer {
  const data = Buffer.alloc(samples.length * 2);
  for (const [at, sample] of samples.entries()) data.writeInt16LE(sample, at * 2);
  return Buffer.concat([wavHeader({ sampleRate, channels: 2 }, data.length), data]);
}

/** Two channels that count: left up from `first`, right down, so that every sample says where it belongs. */
export function counting(first: number, length: number): Int16Array {
  const samples = new Int16Array(length * 2);
  for (let at = 0; at < length; at++) {
    samples[at * 2] = first + at;
    samples[at * 2 + 1] = -(first + at) * 3;
  }
  return samples;
}

/** Stores a piece as the internal route does. */
export async function givePiece(t: TestContext, callId: string, piece: PieceOfTest): Promise<void> {
  const { seq, samples, epoch = 1, offset = 0, last = false } = piece;
  const source = chunksOf(stereoWav(samples));
  const staged = await stagePiece(t.services, 'workspace', { callId, epoch, seq }, source);
  await addPiece(t.system(), {
    ...{ callId, epoch, seq, offsetSamples: offset, isLast: last },
    ...staged,
    stretchStartedAt: new Date(piece.stretchAt ?? stretchAt),
  });
}
