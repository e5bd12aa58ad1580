import { eq, sql } from 'drizzle-orm';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { byRules, reopenEverybody } from '../../campaigns/engine/reopen-contacts.ts';
import type { JudgedCampaign } from '../../campaigns/ledger/gather-facts.ts';
import { ruleSettings } from '../../campaigns/rules/index.ts';
import { type Context, nowMs, type Services } from '../../context.ts';
import type { ContactList } from '../contact-list.ts';
import { foldContactCounts } from '../counts.ts';
import { Chunk, type ChunkFrame } from './chunk.ts';
import { beginImport, failImport, finishImport } from './import-steps.ts';
import { listMapping } from './mapping.ts';
import { PhoneSet } from './phone-set.ts';
import { rowReader } from './read-row.ts';
import { stepBack } from './step-back.ts';
import { isSeparatorRow, readRows, TableError } from './table.ts';
import { readUpload } from './upload.ts';
import { writeChunk } from './write-chunk.ts';

/** Rows of one transaction. */
const chunkRows = 5_000;
/** Chunks whose contacts are on their way at once; they are finished one after the other. */
const chunksAtOnce = 3;
/** Chunks after which the counts are folded. */
const chunksToFold = 20;

/**
 * Turns an uploaded list into contacts, from where an earlier run stopped. While PostgreSQL writes three chunks the
 * next is read; never more than four are in memory; beside calls, one after the other. What is wrong with the file is
 * written down and final; anything else (a store, the database) is thrown, and the job comes round again. Returns how
 * it ended, for the log.
 */
export async function importList(
  ctx: Context,
  { listId, run }: { listId: string; run: number },
): Promise<string> {
  const list = await beginImport(ctx, { listId, run });
  if (list === null) return 'deleted, or taken over by another run';
  const campaign = await campaignOf(ctx.services, list.campaignId);
  if (campaign === null) return 'the campaign is gone';
  try {
    const whole = await importRows(ctx.services, list, campaign);
    if (!whole) return 'taken over by another run';
    const now = await campaignOf(ctx.services, list.campaignId);
    // Its rows were judged by the rules that it began with.
    if (now && now.version !== campaign.version)
      await reopenEverybody(ctx.services.db, now, byRules, nowMs(ctx));
    await foldContactCounts(ctx.services.db, list.campaignId);
    return (await finishImport(ctx, { listId, run })) ? 'done' : 'taken over by another run';
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    await failImport(ctx, { listId, run, reason: error.message });
    return 'failed';
  }
}

async function campaignOf({ db }: Services, campaignId: string): Promise<JudgedCampaign | null> {
  const [row] = await db.select().from(campaigns).where(eq(campaigns.id, campaignId));
  return row ? { ...row, rules: ruleSettings.parse(row.rules) } : null;
}

async function importRows(services: Services, list: ContactList, campaign: JudgedCampaign): Promise<boolean> {
  if (list.encoding === null || list.delimiter === null)
    throw new TableError('The list was never looked at.');
  const progress = { bytes: 0 };
  const rows = readRows(readUpload(services, list.parts, progress), {
    encoding: list.encoding,
    delimiter: list.delimiter,
  });
  const take = await rowTaker(services, list);
  const frame: ChunkFrame = { campaign, listId: list.id, places: new WeakMap(), spare: [] };
  let chunk = new Chunk(frame);
  const writing: Promise<boolean>[] = [];
  let latest: Promise<boolean> = Promise.resolve(true);
  let written = 0;
  let rowsDone = list.rowsDone;
  const flush = async (): Promise<boolean> => {
    if (writing.length === chunksAtOnce && !(await writing.shift())) return false;
    if (++written % chunksToFold === 0) await foldContactCounts(services.db, campaign.id);
    latest = writeChunk(services, { list, campaign, rowsDone, bytesDone: progress.bytes }, chunk, latest);
    rowsDone += chunk.records;
    // Looked at before one more, or at the end.
    latest.catch(() => undefined);
    writing.push(latest);
    chunk = new Chunk(frame);
    return true;
  };
  // The header is row 1, or the one after Excel's own, and what an earlier run has done is passed over.
  let row = 0;
  let header = 1;
  let beganAt = performance.now();
  try {
    for await (const piece of rows)
      for (const cells of piece) {
        if (++row === 1 && isSeparatorRow(cells)) header = 2;
        if (row <= list.rowsDone + header) continue;
        take(chunk, cells, row);
        if (chunk.records < chunkRows) continue;
        if (!(await flush())) return false;
        await stepBack(services.ports.fleet, beganAt, writing);
        beganAt = performance.now();
      }
    return (await flush()) && (await latest);
  } finally {
    // A run that ends has nothing on its way any more: the next one begins where it really stopped.
    await Promise.allSettled(writing);
  }
}

type Take = (chunk: Chunk, cells: readonly string[], row: number) => void;

async function rowTaker(services: Services, list: ContactList): Promise<Take> {
  const read = rowReader({
    columns: list.columns,
    mapping: listMapping.parse(list.mapping),
    defaultCountry: list.defaultCountry,
  });
  const seen = list.duplicatesInList === 'skip' ? await phonesOf(services, list) : null;
  return (chunk, cells, row) => {
    chunk.records++;
    if (cells.every((cell) => cell.trim() === '')) return;
    const contact = read(cells);
    if ('problem' in contact) chunk.errors.push({ row, problem: contact.problem, cells });
    else if (seen !== null && !seen.add(contact.phone.e164)) {
      chunk.duplicates++;
      chunk.errors.push({ row, problem: 'duplicate_in_list', cells });
    } else chunk.add(contact, row, cells);
  };
}

/** What earlier runs have imported counts as seen. */
async function phonesOf({ db }: Services, list: ContactList): Promise<PhoneSet> {
  const seen = new PhoneSet();
  if (list.rowsDone === 0) return seen;
  const page = 50_000;
  for (let after = 0; ; ) {
    const { rows } = await db.execute<{ phone: string; row: number }>(sql`
      select phone, row from contacts
      where campaign_id = ${list.campaignId} and list_id = ${list.id} and row > ${after} order by row limit ${page}`);
    for (const { phone } of rows) seen.add(phone);
    if (rows.length < page) return seen;
    after = rows.at(-1)?.row ?? 0;
  }
}
