import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Services } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { type PieceParams, pieceLimitBytes } from './piece.ts';
import { readWavHeader, wavHeaderBytes } from './wav.ts';

/** A piece whose bytes are stored and whose row is not written yet. */
export interface StagedPiece {
  readonly blobKey: string;
  readonly sizeBytes: number;
  readonly samples: number;
  readonly sampleRate: number;
}

/**
 * Stores the bytes of a piece under a key that follows from its number, so that a piece that comes twice is stored
 * once. Throws DomainError invalid when it is not a whole WAV file of two channels, limit_exceeded when it is
 * too large; then nothing is stored.
 */
export async function stagePiece(
  services: Services,
  workspaceId: string,
  { callId, epoch, seq }: PieceParams,
  source: AsyncIterable<Uint8Array>,
): Promise<StagedPiece> {
  const blobKey = `recordings/${workspaceId}/${callId}/${epoch}-${seq}.wav`;
  const check = new HeaderCheck();
  const checked = new PassThrough();
  const [sizeBytes] = await Promise.all([
    services.ports.blobs.put(blobKey, checked),
    pipeline(source, check, checked),
  ]);
  return { blobKey, sizeBytes, ...check.form(sizeBytes) };
}

type Done = (error: Error | null, data?: Buffer) => void;

/** Lets bytes through as long as they begin like a recording and are not too many. */
class HeaderCheck extends Transform {
  #header: Buffer = Buffer.alloc(0);
  #bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: Done): void {
    const error = this.#errorOf(chunk);
    if (error) done(error);
    else done(null, chunk);
  }

  override _flush(done: Done): void {
    const form = readWavHeader(this.#header);
    done(form?.dataBytes === this.#bytes - wavHeaderBytes && form.dataBytes % 4 === 0 ? null : notWav());
  }

  form(sizeBytes: number): { samples: number; sampleRate: number } {
    const sampleRate = readWavHeader(this.#header)?.sampleRate ?? 0;
    return { sampleRate, samples: (sizeBytes - wavHeaderBytes) / 4 };
  }

  #errorOf(chunk: Buffer): Error | null {
    this.#bytes += chunk.length;
    if (this.#bytes > pieceLimitBytes)
      return new DomainError('limit_exceeded', `A piece has at most ${pieceLimitBytes} bytes.`);
    if (this.#header.length >= wavHeaderBytes) return null;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, wavHeaderBytes - this.#header.length)]);
    const whole = this.#header.length === wavHeaderBytes;
    return whole && readWavHeader(this.#header)?.channels !== 2 ? notWav() : null;
  }
}

const notWav = (): DomainError => invalid('body', 'must be a WAV file of 16 bits in two channels, whole');
