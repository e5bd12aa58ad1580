import { BlobNotFoundError, type BlobStore } from '../../platform/blob-store.ts';
import type { Logger } from '../../platform/log.ts';
import type { Layout, Piece } from './layout.ts';
import { wavHeader, wavHeaderBytes } from './wav.ts';

const stereoBytes = 4;
const silenceChunk = Buffer.alloc(65_536);

export interface AudioSource {
  readonly blobs: BlobStore;
  readonly log: Logger;
  readonly layout: Layout;
  readonly sampleRate: number;
  /** 1: both sides in one, at half the level each, so that it never clips. */
  readonly channels: 1 | 2;
}

/** Size of the joined file in bytes. */
export const audioBytes = ({ layout, channels }: AudioSource): number =>
  wavHeaderBytes + layout.samples * channels * 2;

/**
 * Bytes `from` to `to` (both included) of the recording as one WAV file that exists nowhere: pieces are read as they
 * are wanted, what lies between is made. At most a chunk of it is in memory. A piece that cannot be read is silence.
 */
export async function* readAudio(source: AudioSource, from: number, to: number): AsyncGenerator<Buffer> {
  const { layout, sampleRate, channels } = source;
  const frameBytes = channels * 2;
  const header = wavHeader({ sampleRate, channels }, layout.samples * frameBytes);
  if (from < wavHeaderBytes) yield header.subarray(from, Math.min(to + 1, wavHeaderBytes));
  let at = wavHeaderBytes;
  for (const { piece, samples } of layout.spans) {
    const bytes = samples * frameBytes;
    const first = Math.max(from - at, 0);
    const end = Math.min(to + 1 - at, bytes);
    if (first < end) yield* piece ? pieceBytes(source, piece, first, end) : silence(end - first);
    at += bytes;
    if (at > to) return;
  }
}

/** Bytes `first` to `end` (not included) of one piece, in the channels that are wanted. */
async function* pieceBytes(
  source: AudioSource,
  piece: Piece,
  first: number,
  end: number,
): AsyncGenerator<Buffer> {
  const { blobs, log, channels } = source;
  const frameBytes = channels * 2;
  const [firstFrame, endFrame] = [Math.floor(first / frameBytes), Math.ceil(end / frameBytes)];
  let skip = first - firstFrame * frameBytes;
  let left = end - first;
  try {
    const stream = await blobs.get(piece.blobKey, {
      start: wavHeaderBytes + firstFrame * stereoBytes,
      end: wavHeaderBytes + endFrame * stereoBytes - 1,
    });
    for await (const chunk of channels === 2 ? stream : mixDown(stream)) {
      const wanted = (chunk as Buffer).subarray(skip, skip + left);
      skip = Math.max(0, skip - (chunk as Buffer).length);
      left -= wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  } catch (error) {
    if (!(error instanceof BlobNotFoundError)) throw error;
    log.warn(
      { err: error, recordingId: piece.recordingId, seq: piece.seq },
      'a piece of a recording is gone',
    );
  }
  if (left > 0) yield* silence(left);
}

function* silence(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= silenceChunk.length)
    yield silenceChunk.subarray(0, Math.min(left, silenceChunk.length));
}

/** Two channels to one. A chunk may end in the middle of a frame. */
async function* mixDown(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames = Math.floor(bytes.length / stereoBytes);
    const mono = Buffer.allocUnsafe(frames * 2);
    for (let frame = 0; frame < frames; frame++) {
      const at = frame * stereoBytes;
      mono.writeInt16LE((bytes.readInt16LE(at) + bytes.readInt16LE(at + 2)) >> 1, frame * 2);
    }
    rest = bytes.subarray(frames * stereoBytes);
    yield mono;
  }
}
