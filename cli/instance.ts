import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError } from './cli-error.ts';
import { endProcesses } from './end-processes.mjs';
import { withFileLock } from './file-lock.mjs';
import type { Ward } from './guardian-link.ts';
import { writePrivate } from './private-file.ts';
import { isSameProcess, processStart } from './process-identity.mjs';

const wardSchema = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  start: z.string(),
  signal: z.custom<NodeJS.Signals>((value) => typeof value === 'string'),
  rank: z.number(),
});

const recordSchema = z.object({ pid: z.number(), start: z.string(), wards: z.array(wardSchema) });

/** What scripts may rely on; written when everything is ready. */
export interface RunFile {
  readonly url: string;
  /** `host:port` to send SIP to; null when phone calls are off. */
  readonly sip: string | null;
  /** The media server; null when calls are off. */
  readonly livekitUrl: string | null;
  /** The local speech gateway; null when other providers do all of it. */
  readonly speechUrl: string | null;
  /** A workspace key of the admin's, for X-API-Key; null when nothing was seeded. */
  readonly apiKey: string | null;
  readonly demo: { readonly agentId: string; readonly number: string } | null;
  readonly pids: Readonly<Record<string, number>>;
}

export const runFilePath = (dataDir: string): string => join(dataDir, 'run.json');

export function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(runFilePath(dataDir), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}

/** The pid of the Trunkline that runs on this data folder, if one does. */
export function runningPid(dataDir: string): number | undefined {
  const record = readRecord(dataDir);
  return record && isSameProcess(record.pid, record.start) ? record.pid : undefined;
}

/** This process's claim on a data folder, with the list of what it started. */
export class Instance {
  readonly #dataDir: string;
  #wards: readonly Ward[] = [];

  private constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /**
   * Claims the data folder. Ends what a crashed predecessor left behind.
   * @throws CliError when another Trunkline runs on it
   */
  static claim(dataDir: string, notice: (text: string) => void): Promise<Instance> {
    return withFileLock(join(dataDir, '.claim.lock'), async () => {
      const record = readRecord(dataDir);
      if (record && isSameProcess(record.pid, record.start)) {
        const url = readRunFile(dataDir)?.url;
        throw new CliError(
          `Trunkline is already running on ${url ?? 'this data folder (it is still starting)'}, as process ${record.pid}: stop it first, or use another --data folder.`,
        );
      }
      const known = (record?.wards ?? []).filter(({ pid, start }) => isSameProcess(pid, start));
      const leftovers = [...known, ...strayPostgres(dataDir, known)];
      if (leftovers.length > 0) {
        notice(`Ending what a crashed start left behind: ${leftovers.map(({ name }) => name).join(', ')}.`);
        await endProcesses(leftovers, 5_000);
      }
      rmSync(runFilePath(dataDir), { force: true });
      const instance = new Instance(dataDir);
      instance.record([]);
      return instance;
    });
  }

  record(wards: readonly Ward[]): void {
    this.#wards = wards;
    const start = processStart(process.pid) ?? '';
    writePrivate(recordPath(this.#dataDir), { pid: process.pid, start, wards: this.#wards });
  }

  writeRunFile(content: RunFile): void {
    writePrivate(runFilePath(this.#dataDir), content);
  }

  release(): void {
    rmSync(runFilePath(this.#dataDir), { force: true });
    rmSync(recordPath(this.#dataDir), { force: true });
  }
}

const recordPath = (dataDir: string): string => join(dataDir, 'instance.json');

function readRecord(dataDir: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordPath(dataDir), 'utf8')));
  } catch {
    // Missing, or cut off by a full disk: nothing can be learnt from it.
    return undefined;
  }
}

/** A PostgreSQL on our cluster that no record tells of. */
function strayPostgres(dataDir: string, known: readonly Ward[]): Ward[] {
  const cluster = join(dataDir, 'postgres');
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const start = processStart(pid);
    if (!start || known.some((ward) => ward.pid === pid)) return [];
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster)) return [];
    return [{ name: 'postgres', pid, start, signal: 'SIGINT', rank: 7 }];
  } catch {
    return [];
  }
}
