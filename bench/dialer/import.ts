import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { nodeBinary, nodeVersion } from '../../cli/processes.ts';
import { ruleSettings } from '../../core/campaigns/rules/index.ts';
import { createList, receiveUpload, startImport } from '../../core/contacts/index.ts';
import { systemContext } from '../../core/context.ts';
import { openDatabase } from '../../db/client.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { inheritedEnv } from '../../platform/config.ts';
import { newId } from '../../platform/ids.ts';
import { smallHeap, typescriptArgs } from '../../platform/typescript-args.ts';
import { newAgent } from '../../test/factories/lines.ts';
import type { Row } from '../kit.ts';
import { importServices } from './import-services.ts';
import type { Section } from './section.ts';

/**
 * A list of people through the import, against COPY of the same file: into a table without anything, into one with a
 * key and an index on the number, which is the least a list of contacts can do with, and, as rows that are ready, into
 * a table like the one of contacts. The import runs in a process of its own, so that its memory is its own.
 */
export const importSection: Section = {
  name: 'import',
  title: 'Import of a list',
  run: async ({ databaseUrl, quick }) => {
    const count = quick ? 100_000 : 1_000_000;
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-bench-'));
    try {
      const file = join(folder, 'people.csv');
      await pipeline(Readable.from(people(count)), createWriteStream(file));
      const bare = await copyRate(databaseUrl, file, count, { indexed: false });
      const indexed = await copyRate(databaseUrl, file, count, { indexed: true });
      // The first process compiles the modules, as the first start of the product does.
      const few = join(folder, 'few.csv');
      await pipeline(Readable.from(people(100)), createWriteStream(few));
      await importRate(databaseUrl, few, folder, 100);
      const product = await importRate(databaseUrl, file, folder, count);
      const whole = await readyRate(databaseUrl, join(folder, 'ready.copy'));
      const { size } = await stat(file);
      return {
        rows: [...rowsOf(product, { bare, indexed, whole }), cpuRow(product, count)],
        details: { count, fileBytes: size },
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const header = 'phone,first_name,last_name,city,state,consent,amount\n';
const areas = [212, 305, 415, 512, 808, 617, 702, 206, 312, 602];

/** Numbers of ten areas, each once, in no order. */
function* people(count: number): Generator<string> {
  yield header;
  let lines = '';
  for (let index = 0; index < count; index++) {
    // A prime step through all of them.
    const place = (index * 7_919) % count;
    const area = areas[place % areas.length] ?? 0;
    const line = 2_000_000 + Math.floor(place / areas.length);
    lines += `+1${area}${line},Name${index},Last${index % 977},"Harbor, City ${index % 50}",,written,${index}.50\n`;
    if (lines.length < 65_536) continue;
    yield lines;
    lines = '';
  }
  yield lines;
}

async function copyRate(
  databaseUrl: string,
  file: string,
  count: number,
  { indexed }: { indexed: boolean },
): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const columns = header.trim().split(',');
    const key = indexed ? 'id bigint generated always as identity primary key, ' : '';
    await client.query(`create table raw (${key}${columns.map((name) => `${name} text`).join(', ')})`);
    if (indexed) await client.query('create index on raw (phone)');
    const startedAt = performance.now();
    const copy = client.query(from(`copy raw (${columns.join(', ')}) from stdin (format csv, header)`));
    await pipeline(createReadStream(file, { highWaterMark: 262_144 }), copy);
    const tookMs = performance.now() - startedAt;
    await client.query('drop table raw');
    await client.query('checkpoint');
    return (count / tookMs) * 1_000;
  } finally {
    await client.end();
  }
}

/** The contacts that were imported, by one COPY into a table with the same columns, keys, indexes and checks. */
async function readyRate(databaseUrl: string, file: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await pipeline(client.query(to('copy contacts to stdout')), createWriteStream(file));
    await client.query('create table ready (like contacts including all)');
    await client.query('checkpoint');
    const startedAt = performance.now();
    const copy = client.query(from('copy ready from stdin'));
    await pipeline(createReadStream(file, { highWaterMark: 262_144 }), copy);
    const tookMs = performance.now() - startedAt;
    await client.query('drop table ready');
    await client.query('checkpoint');
    return (copy.rowCount / tookMs) * 1_000;
  } finally {
    await client.end();
  }
}

interface Product {
  readonly rowsPerSecond: number;
  readonly peakRssBytes: number;
  /** Of the same process, before the import. */
  readonly rssBeforeBytes: number;
  /** Processor time of the importing process. */
  readonly cpuMs: number;
}

/** An upload as the control plane takes it in, started. */
async function uploaded(databaseUrl: string, file: string, folder: string) {
  const { db, close } = openDatabase(databaseUrl, { max: 2 });
  try {
    const [workspaceId, campaignId] = [newId(), newId()];
    await db.insert(workspaces).values({ id: workspaceId, name: 'bench' });
    const ctx = systemContext(importServices(db, folder), 'bench', workspaceId);
    const agent = await newAgent(ctx);
    await db.insert(campaigns).values({
      ...{ id: campaignId, workspaceId, slug: campaignId, name: 'bench', agentId: agent.id },
      rules: ruleSettings.parse({}),
    });
    const { id: listId } = await createList(ctx, { campaignId, fileName: 'people.csv' });
    await receiveUpload(ctx, { listId, source: createReadStream(file) });
    const { run } = await startImport(ctx, { listId });
    return { workspaceId, listId, run };
  } finally {
    await close();
  }
}

async function importRate(
  databaseUrl: string,
  file: string,
  folder: string,
  count: number,
): Promise<Product> {
  const child = fileURLToPath(new URL('import-child.ts', import.meta.url));
  const { workspaceId, listId, run } = await uploaded(databaseUrl, file, folder);
  // As the product starts its jobs process, and with the Node that it starts it with.
  const node = nodeBinary(undefined);
  const args = [...typescriptArgs(nodeVersion(node)), ...smallHeap, child];
  const env = { ...inheritedEnv(), NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const { stdout } = await promisify(execFile)(
    node,
    [...args, databaseUrl, folder, workspaceId, listId, String(run)],
    { maxBuffer: 1_000_000, env },
  );
  const { imported, tookMs, ...memory } = JSON.parse(stdout) as Omit<Product, 'rowsPerSecond'> & {
    readonly imported: number;
    readonly tookMs: number;
  };
  if (imported !== count) throw new Error(`${imported} of ${count} rows were imported.`);
  return { rowsPerSecond: (count / tookMs) * 1_000, ...memory };
}

function rowsOf(
  { rowsPerSecond, peakRssBytes, rssBeforeBytes }: Product,
  { bare, indexed, whole }: { readonly bare: number; readonly indexed: number; readonly whole: number },
): Row[] {
  const peakMiB = peakRssBytes / 1_048_576;
  const against = (figure: string, baseline: number): Row => ({
    ...{ figure, unit: 'rows/s', product: rowsPerSecond, baseline },
    ...{ goal: '≥ 0.4 ×', met: rowsPerSecond >= 0.4 * baseline },
  });
  return [
    against('import against COPY into a bare table', bare),
    against('import against COPY with key and index', indexed),
    against('import against COPY of ready rows into the same table', whole),
    {
      ...{ figure: 'peak memory of the whole process', unit: 'MiB', product: peakMiB, baseline: null },
      ...{ goal: '≤ 200 MB', met: peakRssBytes <= 200_000_000 },
    },
    {
      figure: 'of it added by the import',
      unit: 'MiB',
      product: (peakRssBytes - rssBeforeBytes) / 1_048_576,
      baseline: null,
    },
  ];
}

const cpuRow = ({ cpuMs }: Product, count: number): Row => ({
  ...{ figure: 'processor time of the importing process, a row', unit: 'µs' },
  ...{ product: (cpuMs * 1_000) / count, baseline: null },
});
