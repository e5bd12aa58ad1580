import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { withFileLock } from './file-lock.mjs';
import type { PortChoice } from './ports.ts';
import { isSameProcess, processStart } from './process-identity.mjs';

const bookSchema = z.array(z.object({ port: z.number(), pid: z.number(), start: z.string() }));

/**
 * Chooses ports so that starts at the same moment do not choose the same ones: between the choice and the moment
 * a server listens a port looks free to everybody. A reservation lasts as long as the process that made it.
 */
export async function reservePorts(
  choose: (reserved: ReadonlySet<number>) => Promise<PortChoice>,
): Promise<PortChoice> {
  const folder = join(tmpdir(), `trunkline-ports-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withFileLock(join(folder, 'lock'), async () => {
    const file = join(folder, 'reserved.json');
    const others = readBook(file).filter(
      ({ pid, start }) => pid !== process.pid && isSameProcess(pid, start),
    );
    const choice = await choose(new Set(others.map(({ port }) => port)));
    const start = processStart(process.pid) ?? '';
    const mine = [...choice.ports.values()].map((port) => ({ port, pid: process.pid, start }));
    writeFileSync(file, JSON.stringify([...others, ...mine]), { mode: 0o600 });
    return choice;
  });
}

function readBook(file: string): z.output<typeof bookSchema> {
  try {
    return bookSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}
