import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  type CampaignReport,
  type SimulationSettings,
  simulateCampaign,
  simulateInDatabase,
  simulationSettings,
} from '../../core/campaigns/simulation/index.ts';
import { openDatabase } from '../../db/client.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { randomToken, Sealer } from '../../platform/crypto.ts';
import { createLogger } from '../../platform/log.ts';
import { absentPorts } from '../absent-ports.ts';
import { CliError, sentenceOf } from '../cli-error.ts';
import { quickFolder } from '../embedded/quick-folder.ts';
import { startTemporaryPostgres } from '../embedded/temporary-postgres.ts';
import type { Output } from '../output.ts';
import { campaignLines } from './campaign-lines.ts';

/** Words of the command line; each stands over the same field of the file. */
export interface CampaignFlags {
  readonly contacts?: string | undefined;
  readonly seed?: string | undefined;
  readonly start?: string | undefined;
  readonly days?: string | undefined;
  readonly zone?: string | undefined;
  readonly slots?: string | undefined;
  readonly channels?: string | undefined;
  readonly cps?: string | undefined;
  /** human=0.4,noAnswer=0.6: what is left out is 0. */
  readonly outcomes?: string | undefined;
  readonly json?: string | undefined;
  /** In a PostgreSQL of its own that is gone afterwards, with every statement of the product. */
  readonly database?: boolean | undefined;
}

/**
 * Plays a campaign on a virtual clock, in memory: nobody is called, and no data of an operator is touched. Answers 1
 * when the judge found anything against the rules.
 */
export async function simulateCampaignCommand({
  file,
  flags,
  output,
}: {
  readonly file: string | undefined;
  readonly flags: CampaignFlags;
  readonly output: Output;
}): Promise<number> {
  const settings = readSettings(file, flags);
  const report = await output.progress(
    `${settings.contacts.toLocaleString('en')} people are called on a virtual clock`,
    () => (flags.database === true ? inDatabase(settings) : simulateCampaign(settings)),
  );
  for (const line of campaignLines(report)) output.line(line);
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ settings, ...report }, null, 2)}\n`);
  return report.judged.violations.length === 0 ? 0 : 1;
}

/**
 * They serve the lists of the API and sweeps that nobody runs here, or forbid what cannot happen here: each call would
 * be entered into all of them.
 */
const idleIndexes = [
  ...['calls_workspace', 'calls_agent', 'calls_workspace_agent', 'calls_disposition', 'calls_number'],
  ...['calls_thread', 'calls_room', 'calls_campaign', 'contacts_taken', 'decisions_contact'],
];

/** A crash ends the simulation, so nothing is logged for one; and whoever is referred to here is never deleted. */
const carefree = `
  do $$ declare one record; begin
    for one in select conrelid::regclass as of, conname from pg_constraint where contype = 'f' loop
      execute format('alter table %s drop constraint %I', one.of, one.conname);
    end loop;
    for one in select oid::regclass as of from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
      execute format('alter table %s set unlogged', one.of);
    end loop;
  end $$`;

async function inDatabase(settings: SimulationSettings): Promise<CampaignReport> {
  const postgres = await startTemporaryPostgres(
    {
      // No cleaning up at moments of its own choosing: the same seed meets rows in the same order.
      ...{ autovacuum: 'off', shared_buffers: '512MB', wal_level: 'minimal', max_wal_senders: '0' },
      // A few rows out of many are looked for by an index, always: no plan depends on when somebody last counted the
      // rows.
      ...{ enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' },
      // Only a plain scan marks the entries of an index that are dead, and nothing else clears them away here.
      enable_bitmapscan: 'off',
    },
    quickFolder(),
  );
  try {
    await migrateDatabase(postgres.url);
    const { db, pool, close } = openDatabase(postgres.url, { max: 4 });
    try {
      await pool.query(`drop index if exists ${idleIndexes.join(', ')}`);
      await pool.query(carefree);
      return await simulateInDatabase(
        {
          ...{ db, ports: absentPorts('A simulation'), publicUrl: '', authSecret: randomToken(32) },
          sealer: new Sealer(Buffer.alloc(32).toString('base64')),
          log: createLogger('simulate', { level: 'silent' }),
        },
        settings,
      );
    } finally {
      await close();
    }
  } finally {
    await postgres.stop();
  }
}

function readSettings(file: string | undefined, flags: CampaignFlags): SimulationSettings {
  const { contacts, seed, start, days, zone, slots, channels, cps, outcomes } = flags;
  const given = {
    ...(file === undefined ? {} : contentOf(file)),
    ...numbers({ contacts, days, slots, channels, callsPerSecond: cps }),
    ...(seed === undefined ? {} : { seed }),
    ...(zone === undefined ? {} : { zone }),
    ...(start === undefined ? {} : { startsAt: momentOf(start) }),
    ...(outcomes === undefined ? {} : { outcomes: sharesOf(outcomes) }),
  };
  const result = simulationSettings.safeParse(given);
  if (result.success) return result.data;
  throw new CliError(
    `${file ?? 'This'} cannot be simulated: ${z.prettifyError(result.error).replaceAll('✖ ', '').trim()}`,
  );
}

function contentOf(file: string): Record<string, unknown> {
  try {
    // JSON is YAML.
    return z.record(z.string(), z.unknown()).parse(parse(readFileSync(file, 'utf8')) ?? {});
  } catch (error) {
    if (error instanceof z.ZodError) throw new CliError(`${file} holds no settings.`);
    throw new CliError(`${file} cannot be read: ${sentenceOf(error)}`);
  }
}

const numbers = (flags: Record<string, string | undefined>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]])),
  );

function momentOf(text: string): string {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()))
    throw new CliError('--start is not a moment; write it as 2026-06-01 or 2026-06-01T12:00:00Z.');
  return moment.toISOString();
}

/** Those that are not named are nobody's. */
function sharesOf(text: string): Record<string, number> {
  const none = { human: 0, busy: 0, noAnswer: 0, voicemail: 0, screening: 0, optOut: 0 };
  const named = text.split(',').map((pair) => {
    const [name = '', share = ''] = pair.split('=');
    return [name.trim(), Number(share)] as const;
  });
  return { ...none, ...Object.fromEntries(named) };
}
