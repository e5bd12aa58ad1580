import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const rotateAboveBytes = 20 * 1024 * 1024;

/** Moves a log that has grown too big aside, keeping one old one. Called only while nobody writes. */
export function rotateLog(file: string): void {
  if (existsSync(file) && statSync(file).size > rotateAboveBytes) renameSync(file, `${file}.1`);
}

/**
 * Reads what a child appends to its log. Children write straight into the file, not through a pipe of ours:
 * so they neither block on us nor die of a broken pipe when we crash.
 */
export class LogFollower {
  readonly #file: string;
  readonly #onLine: (line: string) => void;
  #offset: number;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, onLine: (line: string) => void) {
    this.#file = file;
    this.#onLine = onLine;
    this.#offset = existsSync(file) ? statSync(file).size : 0;
  }

  start(everyMs = 250): void {
    this.#timer ??= setInterval(() => this.poll(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.poll();
  }

  /** Reads on from where it was. */
  poll(): void {
    const text = readFrom(this.#file, this.#offset);
    if (text.length === 0) return;
    this.#offset += text.length;
    const lines = (this.#rest + text.toString('utf8')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#onLine(line);
  }
}

const chunkBytes = 1024 * 1024;

function readFrom(file: string, offset: number): Buffer {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const size = Math.min(chunkBytes, Math.max(0, fstatSync(fd).size - offset));
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, readSync(fd, buffer, 0, size, offset));
  } finally {
    closeSync(fd);
  }
}
