import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Passage, UnreadableFileError } from '../../core/knowledge/extract/blocks.ts';
import type { FileType } from '../../core/knowledge/file-type.ts';
import { typescriptArgs } from '../../platform/typescript-args.ts';

export interface ExtractLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
}

const defaults: ExtractLimits = { timeoutMs: 90_000, memoryBytes: 1024 * 1024 * 1024 };
const heapMegabytes = 512;
const memoryEveryMs = 200;
/** JSON of the longest text that is indexed, escapes and overlaps included. */
const maxOutputBytes = 100 * 1024 * 1024;
/** What ends a process from outside, as a restart does. A heap that is full, or a fault of Node, ends it by others. */
const outsideSignals: ReadonlySet<unknown> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGKILL']);
const entry = fileURLToPath(new URL('extract-child.ts', import.meta.url));

const output = z.union([
  z.object({
    passages: z.array(z.object({ heading: z.string(), text: z.string(), page: z.number().int().nullable() })),
  }),
  z.object({ unreadable: z.string() }),
]);

/**
 * Extracts a file in a process with bounded time and memory and nothing of ours in its environment: a bomb ends that
 * process, and the file is called unreadable. Throws UnreadableFileError, what reading `source` throws, or an Error
 * when somebody else ended the process.
 */
export async function extract(source: Readable, type: FileType, limits = defaults): Promise<Passage[]> {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMegabytes}`, ...typescriptArgs(), entry, type],
    { stdio: ['pipe', 'pipe', 'ignore'], env: {} },
  );
  const exited = once(child, 'exit');
  const stop: { because?: string } = {};
  const end = (because: string) => {
    stop.because ??= because;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(() => end('Reading the file takes too long.'), limits.timeoutMs);
  const look = () => void watchMemory(child, limits.memoryBytes, end);
  look();
  const watch = setInterval(look, memoryEveryMs);
  try {
    const [said] = await Promise.all([collect(child.stdout, end), feed(source, child)]);
    const [code, signal] = await exited;
    if (stop.because) throw new UnreadableFileError(stop.because);
    if (outsideSignals.has(signal)) throw new Error(`The process that read the file was ended by ${signal}.`);
    if (code !== 0)
      throw new UnreadableFileError('The file is damaged, or unpacks to more than can be handled.');
    const result = output.parse(JSON.parse(said));
    if ('unreadable' in result) throw new UnreadableFileError(result.unreadable);
    return result.passages;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited.catch(() => undefined);
  }
}

/** A child that ended early takes no more input; its exit says why. A source that fails is the caller's trouble. */
async function feed(source: Readable, child: ChildProcess): Promise<void> {
  let failed: unknown;
  source.once('error', (error) => {
    failed = error;
  });
  if (!child.stdin) throw new Error('The extracting process has no input.');
  await pipeline(source, child.stdin).catch((error: unknown) => {
    if (failed !== undefined) throw error;
  });
}

async function collect(stream: Readable, end: (because: string) => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxOutputBytes) end('The file holds more text than is indexed.');
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Buffers are outside the heap that Node bounds. Linux tells how much a process holds; elsewhere time has to do. */
async function watchMemory(
  child: ChildProcess,
  memoryBytes: number,
  end: (because: string) => void,
): Promise<void> {
  const statm = await readFile(`/proc/${child.pid}/statm`, 'utf8').catch(() => undefined);
  if (statm === undefined) return;
  const pages = Number(statm.split(' ')[1]);
  if (pages * 4_096 > memoryBytes) end('The file unpacks to more than can be handled.');
}
