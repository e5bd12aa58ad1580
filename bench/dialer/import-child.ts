import { readFileSync } from 'node:fs';
import { getList, importList } from '../../core/contacts/index.ts';
import { systemContext } from '../../core/context.ts';
import { openDatabase } from '../../db/client.ts';
import { importServices } from './import-services.ts';

/** One list as the jobs process would import it. Prints `{ imported, tookMs, cpuMs, peakRssBytes, rssBeforeBytes }`. */
const [databaseUrl = '', folder = '', workspaceId = '', listId = '', run = ''] = process.argv.slice(2);
const handle = openDatabase(databaseUrl, { max: 4 });
const ctx = systemContext(importServices(handle.db, folder), 'bench', workspaceId);
const before = process.memoryUsage().rss;
const cpu = process.cpuUsage();
const startedAt = performance.now();
await importList(ctx, { listId, run: Number(run) });
const tookMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const { rowsImported } = await getList(ctx, { listId });
await handle.close();
process.stdout.write(
  JSON.stringify({
    imported: rowsImported,
    tookMs,
    cpuMs: (user + system) / 1_000,
    peakRssBytes: peakRss(),
    rssBeforeBytes: before,
  }),
);

/** Of this process alone: resourceUsage() remembers the process that was forked as well. */
function peakRss(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1_024;
}
