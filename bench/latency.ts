import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { type Services, systemContext } from '../core/context.ts';
import { getLatency } from '../core/reports/index.ts';
import { openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { Sealer } from '../platform/crypto.ts';
import { createLogger } from '../platform/log.ts';
import { fakePorts } from '../test/harness/fake-ports.ts';
import { startPostgres } from '../test/harness/postgres.ts';
import { benchOptions, median, printTable, type Row, writeJson } from './kit.ts';

/**
 * How long the latency report of a workspace with a million turns takes, against PostgreSQL's own `percentile_disc`
 * over the same rows. Needs no argument; `--quick` takes 100,000 turns, `--json FILE` writes the figures.
 */
const options = benchOptions();
const turns = options.quick ? 100_000 : 1_000_000;
const repeats = 3;
const days = 30;
const workspaceId = randomUUID();

const postgres = await startPostgres();
try {
  await migrateDatabase(postgres.url);
  const handle = openDatabase(postgres.url, { max: 4 });
  const services: Services = {
    db: handle.db,
    ports: fakePorts(),
    sealer: new Sealer(randomBytes(32).toString('base64')),
    log: createLogger('bench', { level: 'silent' }),
    ...{ publicUrl: '', authSecret: '' },
  };
  console.log(`Writing ${turns} turns …`);
  await fill(handle.pool);
  const ctx = systemContext(services, 'bench', workspaceId);
  const startAt = new Date(Date.now() - (days + 1) * 86_400_000);
  const all = () => getLatency(ctx, { startAt });
  const byAgent = () => getLatency(ctx, { startAt, groupBy: 'agent' });
  const aDay = () => getLatency(ctx, { startAt: new Date(Date.now() - 86_400_000) });
  const rows: Row[] = [
    row('all turns, five parts, ten worst', await time(all), await time(() => builtIn(handle.pool, ''))),
    row('the same by agent', await time(byAgent), await time(() => builtIn(handle.pool, 'agent_id'))),
    row('one day of thirty', await time(aDay), null),
  ];
  printTable(`Latency report (${turns} turns)`, rows);
  writeJson(options.json, 'latency', rows);
  await handle.close();
} finally {
  await postgres.stop();
}

function row(figure: string, product: number, baseline: number | null): Row {
  return { figure, product, baseline, unit: 'ms' };
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < repeats; time++) {
    const startedAt = performance.now();
    await run();
    took.push(performance.now() - startedAt);
  }
  return median(took);
}

/** Without the calls that the turns belong to: the report does not read them. */
async function fill(pool: Pool): Promise<void> {
  const client = await pool.connect();
  await client.query('set session_replication_role = replica');
  await client.query(
    `insert into turn_latencies
      select gen_random_uuid(), 1, 1, $1, ('00000000-0000-4000-8000-00000000000' || n % 10)::uuid, null,
        'deepgram', 'openai', 'elevenlabs', now() - random() * interval '${days} days',
        300 + (-ln(1 - random()) * 400)::int, (random() * 300)::int, (200 + random() * 500)::int,
        (80 + random() * 700)::int, (60 + random() * 300)::int
      from generate_series(1, $2::int) as n`,
    [workspaceId, turns],
  );
  await client.query('set session_replication_role = default');
  client.release();
  await pool.query('vacuum analyze turn_latencies');
}

async function builtIn(pool: Pool, groupBy: string): Promise<void> {
  const of = ['total', 'transcription', 'end_of_turn', 'llm_first_token', 'tts_first_byte']
    .map((part) => `percentile_disc(array[0.5, 0.95, 0.99]) within group (order by ${part}_ms)`)
    .join(', ');
  const [select, group] = groupBy === '' ? ['', ''] : [`${groupBy}, `, `group by ${groupBy}`];
  await pool.query(`select ${select}${of} from turn_latencies where workspace_id = $1 ${group}`, [
    workspaceId,
  ]);
}
