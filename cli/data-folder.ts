import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';

const probeBytes = 1_048_576;

/** Makes the data folder and proves that we can write there. Throws a CliError that says what is wrong. */
export function prepareDataFolder(dataDir: string): void {
  try {
    mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
    const probe = join(dataDir, `.write-test-${process.pid}`);
    try {
      // An empty file needs no room.
      writeFileSync(probe, Buffer.alloc(probeBytes, 1));
    } finally {
      rmSync(probe, { force: true });
    }
    // As root the database runs as another user, who must be able to pass through; every file inside is 0600.
    if (statSync(dataDir).uid === process.getuid?.())
      chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (error) {
    throw new CliError(`The data folder ${dataDir} cannot be used: ${explain(error)}.`);
  }
}

function explain(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path ?? 'a part of it'} is a file, not a folder`;
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
