import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes JSON that only we may read, whole or not at all: a disk that is full leaves the file as it was. */
export function writePrivate(file: string, content: unknown): void {
  const part = `${file}.${process.pid}.part`;
  try {
    writeFileSync(part, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
