import { openAsBlob } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { piecePath } from '../../core/recordings/piece.ts';
import { background } from '../../platform/background.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { Backoff } from '../backoff.ts';
import { adoptPieces, parseName, piecesFolder } from './piece-file.ts';

const everyMs = 1_000;
/** So many in a row that cannot be sent: it is not them. All pieces wait on disk for a while. */
const failuresInRow = 3;
const pauseMs = 10_000;
const requestTimeoutMs = 60_000;

/**
 * Sends finished pieces to the control plane and deletes them when it has them. The same way for a call that goes on,
 * one that is over, and what a crash has left: whatever lies in the folder is sent. Sending twice does no harm.
 */
export class RecordingUploader {
  readonly #config: Pick<Config, 'dataDir' | 'controlPlaneUrl' | 'secrets'>;
  readonly #log: Logger;
  readonly #backoff = new Backoff();
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;
  #notBefore = 0;
  #closed = false;

  constructor(config: Pick<Config, 'dataDir' | 'controlPlaneUrl' | 'secrets'>, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  start(): void {
    const look = () => {
      if (!this.#sweep && Date.now() >= this.#notBefore)
        background(this.#log, 'recordings', this.sweep(Date.now()));
    };
    this.#timer = setInterval(look, everyMs);
    this.#timer.unref();
    look();
  }

  /** Stops looking; what is not sent yet is sent by whoever starts next on this folder. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    await this.#sweep;
  }

  /**
   * One look at the folder. Resolves when everything in it has been tried, one after the other, unless nothing can be
   * sent at all.
   *
   * @param now epoch ms; pieces that failed and wait for a later moment are left alone
   */
  async sweep(now = Number.POSITIVE_INFINITY): Promise<void> {
    this.#sweep ??= this.#send(now).finally(() => {
      this.#sweep = undefined;
    });
    await this.#sweep;
  }

  async #send(now: number): Promise<void> {
    const { dataDir } = this.#config;
    const adopted = await adoptPieces(dataDir, (file, error) => this.#failed(file, error));
    if (adopted > 0)
      this.#log.warn({ pieces: adopted }, 'pieces of a crashed worker’s recordings were rescued');
    const folder = piecesFolder(dataDir);
    const files = (await readdir(folder).catch(() => [])).sort();
    let inRow = 0;
    for (const file of this.#backoff.due(files, now)) {
      const name = parseName(file);
      if (!name || name.openedBy !== null) continue;
      if (this.#closed) return;
      try {
        await this.#put(join(folder, file), piecePath(name, name));
        inRow = 0;
      } catch (error) {
        if (await this.#refused(folder, file, error)) continue;
        this.#failed(file, error);
        if (++inRow < failuresInRow) continue;
        this.#notBefore = Date.now() + pauseMs;
        return;
      }
    }
  }

  /** One that cannot be sent holds up no other. */
  #failed(file: string, error: unknown): void {
    if (this.#backoff.failed(file))
      this.#log.warn({ err: error, file }, 'a piece of a recording could not be sent, it waits');
  }

  async #put(path: string, target: string): Promise<void> {
    const { controlPlaneUrl, secrets } = this.#config;
    const body = await openAsBlob(path, { type: 'audio/wav' }).catch(() => undefined);
    // Another host of this folder has sent it.
    if (!body) return;
    const response = await fetch(`${controlPlaneUrl}${target}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${secrets.internalToken}`, 'content-type': 'audio/wav' },
      body,
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new UploadError(response.status, text.slice(0, 300));
    await rm(path, { force: true });
  }

  /** What the control plane will never take (its call is gone, it is damaged) is put aside for a person to look at. */
  async #refused(folder: string, file: string, error: unknown): Promise<boolean> {
    if (!(error instanceof UploadError) || ![400, 404, 413].includes(error.status)) return false;
    const aside = join(folder, 'refused');
    try {
      await mkdir(aside, { recursive: true });
      await rename(join(folder, file), join(aside, file));
    } catch {
      return false;
    }
    this.#log.error({ err: error, file }, 'a piece of a recording was refused and put aside');
    return true;
  }
}

class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(`The control plane answered ${status}: ${detail}`);
    this.status = status;
  }
}
