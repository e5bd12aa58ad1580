import { randomBytes } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleSettings } from '../../core/campaigns/rules/index.ts';
import { createList, getList, importList, receiveUpload, startImport } from '../../core/contacts/index.ts';
import { type Services, systemContext } from '../../core/context.ts';
import { openDatabase } from '../../db/client.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { FolderBlobStore } from '../../platform/blob-store.ts';
import { Sealer } from '../../platform/crypto.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { newAgent } from '../../test/factories/lines.ts';
import { fakePorts } from '../../test/harness/fake-ports.ts';

/** One list as the jobs process would import it. Prints `{ imported, tookMs, cpuMs, peakRssBytes, rssBeforeBytes }`. */
const [databaseUrl = '', file = '', folder = ''] = process.argv.slice(2);
const handle = openDatabase(databaseUrl, { max: 4 });
const services: Services = {
  db: handle.db,
  ports: { ...fakePorts(), blobs: new FolderBlobStore(join(folder, 'blobs')) },
  sealer: new Sealer(randomBytes(32).toString('base64')),
  log: createLogger('bench', { level: 'silent' }),
  publicUrl: '',
  authSecret: '',
};
const workspaceId = newId();
await handle.db.insert(workspaces).values({ id: workspaceId, name: 'bench' });
const ctx = systemContext(services, 'bench', workspaceId);
const agent = await newAgent(ctx);
const campaignId = newId();
await handle.db.insert(campaigns).values({
  ...{ id: campaignId, workspaceId, slug: campaignId, name: 'bench', agentId: agent.id },
  rules: ruleSettings.parse({}),
});
const { id: listId } = await createList(ctx, { campaignId, fileName: 'people.csv' });
await receiveUpload(ctx, { listId, source: createReadStream(file) });
const before = process.memoryUsage().rss;
const { run } = await startImport(ctx, { listId });
const cpu = process.cpuUsage();
const startedAt = performance.now();
await importList(ctx, { listId, run });
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
