import { sql } from 'drizzle-orm';
import { copyLine, copyTransaction } from '../../../db/copy.ts';
import type { Context, Services } from '../../context.ts';
import { numberRows } from '../import/number-rows.ts';
import { TableError } from '../import/table.ts';
import { readUpload } from '../import/upload.ts';
import { beginRun, endRun } from './import-steps.ts';
import type { CallRegistry } from './registry.ts';

/** Numbers of one COPY. */
const numbersAtOnce = 20_000;

class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Turns an uploaded registry into its next version. It counts when it has come in whole; until then, and when it fails,
 * the copy before it does. A row that is no number, beyond a header, fails the whole: a registry that is read wrongly
 * is worse than an old one. A run that comes round again begins at the start, and numbers that are in
 * already stay: two runs at once do no harm. Returns how it ended, for the log.
 */
export async function importRegistry(
  ctx: Context,
  run: { registryId: string; version: number },
): Promise<string> {
  const registry = await beginRun(ctx, run);
  if (registry === null) return 'deleted, or a newer one has come';
  try {
    const entryCount = await importNumbers(ctx.services, registry);
    return await endRun(ctx, { ...run, entryCount, error: null });
  } catch (error) {
    if (error instanceof Superseded) return 'deleted, or a newer one has come';
    if (!(error instanceof TableError)) throw error;
    return endRun(ctx, { ...run, entryCount: 0, error: error.message });
  }
}

async function importNumbers(
  services: Services,
  { id, nextVersion, nextUpload, country }: CallRegistry,
): Promise<number> {
  const upload = readUpload(services, nextUpload === null ? [] : [{ blobKey: nextUpload, sizeBytes: 0 }]);
  let entryCount = 0;
  for await (const numbers of numbersOf(upload, country)) {
    await copyTransaction(services.db, async ({ tx, copy }) => {
      await tx.execute(sql`create temp table incoming (phone bigint) on commit drop`);
      await copy(
        'incoming',
        ['phone'],
        numbers.map((number) => copyLine([number])),
      );
      await tx.execute(sql`
        insert into call_registry_numbers (registry_id, version, phone)
        select ${id}, ${nextVersion}, phone from incoming on conflict do nothing`);
      // Says that somebody is at work (heal-lists.ts), and finds out whether it is still wanted.
      const { rowCount } = await tx.execute(sql`
        update call_registries set updated_at = now()
        where id = ${id} and next_version = ${nextVersion} and state = 'importing'`);
      if (rowCount === 0) throw new Superseded();
    });
    entryCount += numbers.length;
  }
  if (entryCount === 0) throw new TableError('There is no number in the file.');
  return entryCount;
}

async function* numbersOf(source: AsyncIterable<Uint8Array>, country: string): AsyncGenerator<string[]> {
  let numbers: string[] = [];
  for await (const { row, phone } of numberRows(source, country)) {
    if ('problem' in phone) throw new TableError(`Row ${row} holds no phone number.`);
    if (numbers.push(phone.e164.slice(1)) < numbersAtOnce) continue;
    yield numbers;
    numbers = [];
  }
  if (numbers.length > 0) yield numbers;
}
