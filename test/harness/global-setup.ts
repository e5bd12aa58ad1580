import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { quickFolder } from '../../cli/embedded/quick-folder.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { testDatabaseUrl } from '../../platform/config.ts';
import { onServer, withDatabase } from './database.ts';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A database with every migration applied; tests clone it and never connect to it. */
    readonly templateDatabaseUrl: string;
  }
}

/**
 * One PostgreSQL for the whole run (TEST_DATABASE_URL, or an own one on a free port) with one migrated template.
 */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const given = testDatabaseUrl();
  const server = given ? { url: given, stop: async () => {} } : await startPostgres({}, quickFolder());
  try {
    const name = `trunkline_template_${randomBytes(6).toString('hex')}`;
    const template = withDatabase(server.url, name);
    await onServer(server.url, `create database ${name}`);
    await migrateDatabase(template);
    project.provide('templateDatabaseUrl', template);
    return async () => {
      await onServer(server.url, `drop database if exists ${name} with (force)`);
      await server.stop();
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
