import { type FileHandle, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PieceParams, PieceQuery } from '../../core/recordings/piece.ts';
import { recordingRate, wavHeader, wavHeaderBytes } from '../../core/recordings/wav.ts';
import { isAlive } from '../../platform/is-alive.ts';

/**
 * Pieces of recordings on the worker's disk. The name says everything that the control plane has to know, so that
 * whoever finds a file can send it: `{call}_{epoch}_{seq}_{stretch}_{offset}.wav`, with `_last` at the end of the
 * last one; `.open-{pid}` while it is written.
 */
export interface PieceName extends PieceParams, PieceQuery {}

const frameBytes = 4;
/** A file that is written to is younger. */
const abandonedAfterMs = 60_000;

export const piecesFolder = (dataDir: string): string => join(dataDir, 'recordings');

export const nameOf = ({ callId, epoch, seq, stretch, offset, last }: PieceName): string =>
  `${[callId, epoch, seq, stretch, offset, ...(last ? ['last'] : [])].join('_')}.wav`;

const pattern =
  /^(?<callId>[0-9a-f-]{36})_(?<epoch>\d+)_(?<seq>\d+)_(?<stretch>\d+)_(?<offset>\d+)(?<last>_last)?\.wav(?:\.open-(?<pid>\d+))?$/;

/** Undefined: not a piece. */
export function parseName(file: string): (PieceName & { readonly openedBy: number | null }) | undefined {
  const found = pattern.exec(file)?.groups;
  if (!found) return undefined;
  const { callId = '', epoch, seq, stretch, offset, last, pid } = found;
  return {
    callId,
    epoch: Number(epoch),
    seq: Number(seq),
    stretch: Number(stretch),
    offset: Number(offset),
    last: last !== undefined,
    openedBy: pid === undefined ? null : Number(pid),
  };
}

/** One piece that is being written. Its header is right whenever it is closed; a crash leaves that to `adopt`. */
export class PieceFile {
  readonly #folder: string;
  readonly #name: PieceName;
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(folder: string, name: PieceName, file: FileHandle) {
    this.#folder = folder;
    this.#name = name;
    this.#file = file;
  }

  static async create(dataDir: string, name: PieceName): Promise<PieceFile> {
    const folder = piecesFolder(dataDir);
    await mkdir(folder, { recursive: true });
    const file = await open(join(folder, openName(name)), 'wx', 0o600);
    const piece = new PieceFile(folder, name, file);
    await file.write(wavHeader({ sampleRate: recordingRate, channels: 2 }, 0), 0, wavHeaderBytes, 0);
    return piece;
  }

  /** Samples of each channel. */
  get samples(): number {
    return this.#bytes / frameBytes;
  }

  /** @param samples left and right in turn. */
  async append(samples: Int16Array): Promise<void> {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    await this.#file.write(bytes, 0, bytes.length, wavHeaderBytes + this.#bytes);
    this.#bytes += bytes.length;
  }

  /** Leaves it as it is, for `adoptPieces`. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  /** From now on it may be sent. */
  async finish(last: boolean): Promise<void> {
    const header = wavHeader({ sampleRate: recordingRate, channels: 2 }, this.#bytes);
    try {
      await this.#file.write(header, 0, wavHeaderBytes, 0);
    } finally {
      await this.#file.close();
    }
    await rename(
      join(this.#folder, openName(this.#name)),
      join(this.#folder, nameOf({ ...this.#name, last })),
    );
  }
}

const openName = (name: PieceName): string => `${nameOf(name)}.open-${process.pid}`;

/**
 * Finishes what a process left behind that is not there any more: the header is set right, half a sample cut off, and
 * the piece is its worker's last. Answers how many there were; one that cannot be finished is left for later.
 */
export async function adoptPieces(
  dataDir: string,
  onFailure: (file: string, error: unknown) => void,
): Promise<number> {
  const folder = piecesFolder(dataDir);
  let adopted = 0;
  for (const file of await readdir(folder).catch(() => [])) {
    const name = parseName(file);
    if (!name || name.openedBy === null) continue;
    const path = join(folder, file);
    if (isAlive(name.openedBy) && Date.now() - (await ageOf(path)) < abandonedAfterMs) continue;
    try {
      await repair(path);
      await rename(path, join(folder, nameOf({ ...name, last: true })));
      adopted++;
    } catch (error) {
      // Another host of this folder was faster.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) onFailure(file, error);
    }
  }
  return adopted;
}

async function repair(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const dataBytes = Math.floor(Math.max(0, size - wavHeaderBytes) / frameBytes) * frameBytes;
    await file.write(wavHeader({ sampleRate: recordingRate, channels: 2 }, dataBytes), 0, wavHeaderBytes, 0);
    await file.truncate(wavHeaderBytes + dataBytes);
  } finally {
    await file.close();
  }
}

const ageOf = async (path: string): Promise<number> =>
  (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
