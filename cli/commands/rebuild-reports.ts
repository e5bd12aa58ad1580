import { rewriteRollups } from '../../core/reports/index.ts';
import { openDatabase } from '../../db/client.ts';
import type { Flags } from '../environment.ts';
import { checkDatabase } from '../external.ts';
import type { Output } from '../output.ts';
import { runningDatabaseUrl } from '../running-database.ts';

/** Sums up all finished calls anew, while the product runs; calls that end meanwhile are in them too. */
export async function rebuildReports({ flags, output }: { flags: Flags; output: Output }): Promise<number> {
  const url = runningDatabaseUrl(flags);
  await checkDatabase(url);
  const { db, close } = openDatabase(url, { max: 1 });
  try {
    const rows = await rewriteRollups(db);
    output.done('The sums of the reports are written anew', `${rows} rows`);
    return 0;
  } finally {
    await close();
  }
}
