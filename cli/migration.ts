import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError, sentenceOf } from './cli-error.ts';
import { root } from './processes.ts';

/** Brings the database to the schema of this version. */
export async function migrate(databaseUrl: string): Promise<void> {
  const file = join(root, 'db', 'migrate.ts');
  if (!existsSync(file)) return;
  const { migrateDatabase } = (await import(pathToFileURL(file).href)) as {
    migrateDatabase: (databaseUrl: string) => Promise<unknown>;
  };
  try {
    await migrateDatabase(databaseUrl);
  } catch (error) {
    throw new CliError(sentenceOf(error));
  }
}
