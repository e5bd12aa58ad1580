import { Worker } from 'node:worker_threads';
import { UnreadableFileError } from '../../core/knowledge/extract/blocks.ts';
import { extractPassages } from '../../core/knowledge/extract/extract.ts';
import type { FileType } from '../../core/knowledge/file-type.ts';

/**
 * Reads one file from stdin and writes its passages to stdout, as JSON. A process of its own, because a stranger's
 * file may want all the time and memory there is (see extract.ts beside this).
 */
// The thread of the file may never come back, so another one notices when nobody is left to stop it.
const orphanWatch = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);
`;
new Worker(orphanWatch, { eval: true }).unref();

const chunks: Buffer[] = [];
for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
const type = process.argv[2] as FileType;
try {
  const passages = await extractPassages(Buffer.concat(chunks), type);
  process.stdout.write(JSON.stringify({ passages }));
} catch (error) {
  if (!(error instanceof UnreadableFileError)) throw error;
  process.stdout.write(JSON.stringify({ unreadable: error.message }));
}
