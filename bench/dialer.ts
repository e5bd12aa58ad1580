import { migrateDatabase } from '../db/migrate.ts';
import { startPostgres } from '../test/harness/postgres.ts';
import { dispatchSection } from './dialer/dispatch.ts';
import { endpointsSection } from './dialer/endpoints.ts';
import { importSection } from './dialer/import.ts';
import type { Section } from './dialer/section.ts';
import { simulateSection } from './dialer/simulate.ts';
import { benchOptions, printTable, writeJson } from './kit.ts';

/**
 * What the dialer costs, part by part, each against what it cannot be faster than, on one PostgreSQL in one run. Needs
 * no argument; `--quick` takes fewer rows, `--json FILE` writes the figures, `--only NAME` runs one part.
 */
const sections: readonly Section[] = [importSection, dispatchSection, endpointsSection, simulateSection];

const options = benchOptions();
const postgres = await startPostgres();
try {
  await migrateDatabase(postgres.url);
  const figures: Record<string, unknown> = {};
  for (const { name, title, run } of sections) {
    if (options.only !== undefined && options.only !== name) continue;
    const { rows, ...rest } = await run({ databaseUrl: postgres.url, quick: options.quick });
    printTable(title, rows);
    figures[name] = { rows, ...rest };
  }
  writeJson(options.json, 'dialer', figures);
} finally {
  await postgres.stop();
}
