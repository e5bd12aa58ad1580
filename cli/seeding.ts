import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type Config, readConfig } from '../platform/config.ts';
import { writePrivate } from './private-file.ts';
import { root } from './processes.ts';

const seedSchema = z.object({
  adminEmail: z.string(),
  /** Until it was shown. */
  adminPassword: z.string().optional(),
  apiKey: z.string(),
  demo: z.object({ agentId: z.string(), number: z.string() }),
});

export type Seed = z.output<typeof seedSchema>;

const keptSchema = seedSchema.extend({ database: z.string(), publicUrl: z.string() });

const seedFile = (dataDir: string): string => join(dataDir, 'seed.json');

/**
 * Makes the admin, the demo agent and its number at the first start on a database, and remembers the outcome
 * in DATA/seed.json (0600). The password is returned until it was shown: a first start may end before it is ready.
 */
export async function ensureSeed(
  vars: Readonly<Record<string, string>>,
  { embedded, fresh }: { embedded: boolean; fresh: boolean },
): Promise<Seed | undefined> {
  const config = readConfig(vars);
  const kept = fresh ? undefined : readKept(config.dataDir);
  const database = fingerprint(config.databaseUrl, embedded);
  // The demo agent's function calls back to the public URL, so another port is a reason to seed again.
  if (kept?.database === database && kept.publicUrl === config.publicUrl) return kept;
  return runSeed(config, database);
}

/** Runs the seed whatever happened before; it is safe to run twice. */
export async function reseed(
  vars: Readonly<Record<string, string>>,
  embedded: boolean,
): Promise<Seed | undefined> {
  const config = readConfig(vars);
  return runSeed(config, fingerprint(config.databaseUrl, embedded));
}

/** Somebody has read the admin's password; from now on nobody can look it up. */
export function forgetPassword(dataDir: string): void {
  const kept = readKept(dataDir);
  if (kept?.adminPassword !== undefined) keep(dataDir, { ...kept, adminPassword: undefined });
}

async function runSeed(config: Config, database: string): Promise<Seed | undefined> {
  const source = join(root, 'cli', 'seed.ts');
  if (!existsSync(source)) return undefined;
  const { seed } = (await import(pathToFileURL(source).href)) as {
    seed: (config: Config) => Promise<unknown>;
  };
  const made = seedSchema.parse(await seed(config));
  const before = readKept(config.dataDir);
  const unshown = before?.database === database ? before.adminPassword : undefined;
  const result = { ...made, adminPassword: made.adminPassword ?? unshown };
  keep(config.dataDir, { ...result, database, publicUrl: config.publicUrl });
  return result;
}

function readKept(dataDir: string): z.output<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(seedFile(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

const keep = (dataDir: string, kept: z.output<typeof keptSchema>): void =>
  writePrivate(seedFile(dataDir), kept);

/** Names the database without its password; the embedded server's port may move. */
function fingerprint(url: string, embedded: boolean): string {
  if (embedded) return 'embedded';
  const { host, pathname } = new URL(url);
  return createHash('sha256').update(`${host}${pathname}`).digest('hex').slice(0, 16);
}
