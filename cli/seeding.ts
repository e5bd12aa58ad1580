import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type Config, readConfig } from '../platform/config.ts';
import { root } from './processes.ts';

const seedSchema = z.object({
  adminEmail: z.string(),
  adminPassword: z.string().optional(),
  apiKey: z.string(),
  demo: z.object({ agentId: z.string(), number: z.string() }),
});

export type Seed = z.output<typeof seedSchema>;

const keptSchema = seedSchema.extend({ database: z.string(), publicUrl: z.string() });

/**
 * Makes the admin, the demo agent and its number at the first start on a database, and remembers the outcome
 * in DATA/seed.json (0600, without the password). The password is returned only the first time.
 */
export async function ensureSeed(
  vars: Readonly<Record<string, string>>,
  { embedded, fresh }: { embedded: boolean; fresh: boolean },
): Promise<Seed | undefined> {
  const config = readConfig(vars);
  const file = join(config.dataDir, 'seed.json');
  const kept = fresh ? undefined : readKept(file);
  const database = fingerprint(config.databaseUrl, embedded);
  // The demo agent's function calls back to the public URL, so another port is a reason to seed again.
  if (kept?.database === database && kept.publicUrl === config.publicUrl) return kept;
  return runSeed(config, file, database);
}

/** Runs the seed whatever happened before; it is safe to run twice. */
export async function reseed(
  vars: Readonly<Record<string, string>>,
  embedded: boolean,
): Promise<Seed | undefined> {
  const config = readConfig(vars);
  return runSeed(config, join(config.dataDir, 'seed.json'), fingerprint(config.databaseUrl, embedded));
}

async function runSeed(config: Config, file: string, database: string): Promise<Seed | undefined> {
  const source = join(root, 'cli', 'seed.ts');
  if (!existsSync(source)) return undefined;
  const { seed } = (await import(pathToFileURL(source).href)) as {
    seed: (config: Config) => Promise<unknown>;
  };
  const result = seedSchema.parse(await seed(config));
  const { adminPassword: _password, ...kept } = result;
  writeFileSync(file, `${JSON.stringify({ ...kept, database, publicUrl: config.publicUrl }, null, 2)}\n`, {
    mode: 0o600,
  });
  return result;
}

function readKept(file: string): z.output<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Names the database without its password; the embedded server's port may move. */
function fingerprint(url: string, embedded: boolean): string {
  if (embedded) return 'embedded';
  const { host, pathname } = new URL(url);
  return createHash('sha256').update(`${host}${pathname}`).digest('hex').slice(0, 16);
}
