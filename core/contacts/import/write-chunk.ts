import { eq } from 'drizzle-orm';
import type { CopyTransaction } from '../../../db/copy.ts';
import { copyArray, copyLine, copyTransaction } from '../../../db/copy.ts';
import { contactLists } from '../../../db/schema/contact-lists.ts';
import type { Consent } from '../../../db/schema/contacts.ts';
import { decisionRow } from '../../campaigns/ledger/decide.ts';
import type { JudgedCampaign } from '../../campaigns/ledger/gather-facts.ts';
import { gatherLists } from '../../campaigns/ledger/gather-lists.ts';
import type { DecisionRow } from '../../campaigns/ledger/record-decisions.ts';
import {
  type ContactFacts,
  type Judgement,
  judgeContact,
  registriesFor,
} from '../../campaigns/rules/index.ts';
import type { Services } from '../../context.ts';
import type { ContactList } from '../contact-list.ts';
import { type Chunk, contactColumns, type RowError } from './chunk.ts';
import { knownElsewhere, takeOutKnown } from './known-elsewhere.ts';
import { listLimits } from './limits.ts';
import { type Located, rowProblems } from './read-row.ts';

interface Target {
  readonly list: ContactList;
  readonly campaign: JudgedCampaign;
  /** Where this run believes the list to be. */
  readonly rowsDone: number;
  readonly bytesDone: number;
}

/** The list was deleted, or another run is in charge of it. */
class TakenOver extends Error {}

/**
 * Writes one chunk: contacts, errors, verdicts and the progress of the list, in one transaction. The contacts go in
 * while the chunk before may still be on its way; everything that depends on it waits for `before`. False: the list was
 * deleted, or another run has taken it over, and nothing was written.
 */
export async function writeChunk(
  { db }: Services,
  target: Target,
  chunk: Chunk,
  before: Promise<boolean>,
): Promise<boolean> {
  try {
    await copyTransaction(db, async (transaction) => {
      const known = await knownElsewhere(transaction.tx, target.list, chunk.phones, 0);
      const judged = await judgeChunk(transaction.tx, target.campaign, chunk);
      const reasons = new Map([...judged.blocked].map(([index, { judgement }]) => [index, judgement.reason]));
      await transaction.copy('contacts', contactColumns, chunk.lines(known, reasons));
      if (!(await before)) throw new TakenOver();
      await finishChunk(transaction, target, chunk, { ...judged, known });
    });
    chunk.release();
    return true;
  } catch (error) {
    if (error instanceof TakenOver) return false;
    throw error;
  }
}

async function finishChunk(
  transaction: CopyTransaction,
  target: Target,
  chunk: Chunk,
  { known, blocked, listVersion }: Judged & { readonly known: ReadonlySet<number> },
): Promise<void> {
  const { tx } = transaction;
  const [list] = await tx
    .select()
    .from(contactLists)
    .where(eq(contactLists.id, target.list.id))
    .for('update');
  if (list?.run !== target.list.run || list.state !== 'importing' || list.rowsDone !== target.rowsDone)
    throw new TakenOver();
  const late = await takeOutKnown(tx, list, chunk, known);
  const dropped = [...known, ...late].sort((one, other) => one - other);
  const kept = [...blocked].filter(([index]) => !late.has(index) && !known.has(index));
  await writeDecisions(transaction, target.campaign, chunk, { blocked: kept, listVersion });
  const elsewhere = dropped.map((index) => chunk.errorOf(index, 'duplicate_elsewhere'));
  await writeErrors(transaction, list.id, [...chunk.errors, ...elsewhere]);
  await tx
    .update(contactLists)
    .set({
      rowsDone: list.rowsDone + chunk.records,
      rowsImported: list.rowsImported + chunk.size - dropped.length,
      rowsBlocked: list.rowsBlocked + kept.length,
      rowsDuplicate: list.rowsDuplicate + chunk.duplicates + dropped.length,
      rowsFailed: list.rowsFailed + chunk.errors.length - chunk.duplicates,
      bytesDone: Math.min(target.bytesDone, list.receivedBytes),
    })
    .where(eq(contactLists.id, list.id));
}

interface Verdict {
  readonly facts: ContactFacts;
  readonly judgement: Judgement;
}

interface Judged {
  /** Whoever no rule will ever let be dialed, by place in the chunk. */
  readonly blocked: ReadonlyMap<number, Verdict>;
  readonly listVersion: number;
}

/** Contacts of one place, consent and list get one verdict: nobody was called yet. */
async function judgeChunk(
  tx: CopyTransaction['tx'],
  campaign: JudgedCampaign,
  chunk: Chunk,
): Promise<Judged> {
  const { listed, registries, listVersion } = await gatherLists(tx, campaign, chunk.phones);
  const verdicts = new Map<Located, Map<string, Verdict>>();
  const verdictOf = (located: Located, consent: Consent, list: ContactFacts['listed']): Verdict => {
    const ofPlace = verdicts.get(located) ?? new Map<string, Verdict>();
    verdicts.set(located, ofPlace);
    const key = list === null ? consent : `${consent} ${list}`;
    const known = ofPlace.get(key);
    if (known) return known;
    const { place } = located;
    const facts: ContactFacts = {
      ...{ rules: campaign.rules, place, consent, listed: list, dialed: [] },
      registries: registriesFor(place, registries),
      before: { campaign: 0, workspace: 0 },
    };
    const verdict = { facts, judgement: judgeContact(facts, chunk.atMs) };
    ofPlace.set(key, verdict);
    return verdict;
  };
  const blocked = new Map<number, Verdict>();
  for (const [index, phone] of chunk.phones.entries()) {
    const [located, consent] = [chunk.located[index], chunk.consents[index]];
    if (!located || !consent) continue;
    const verdict = verdictOf(located, consent, listed.get(phone) ?? null);
    if (verdict.judgement.final) blocked.set(index, verdict);
  }
  return { blocked, listVersion };
}

/** Whoever is blocked from the beginning has a row in the ledger. */
async function writeDecisions(
  { copy }: CopyTransaction,
  campaign: JudgedCampaign,
  chunk: Chunk,
  given: { readonly blocked: readonly (readonly [number, Verdict])[]; readonly listVersion: number },
): Promise<void> {
  const { blocked, listVersion } = given;
  const rows = blocked.map(([index, { facts, judgement }]) =>
    decisionRow(
      { campaign, stage: 'import', atMs: chunk.atMs, listVersion },
      {
        ...{ id: chunk.idOf(index), phone: chunk.phones[index] ?? '' },
        ...{ windowKey: chunk.located[index]?.windowKey ?? '', consent: facts.consent },
      },
      facts,
      judgement,
    ),
  );
  await copy('decisions', decisionColumns, rows.map(decisionLine));
}

const decisionColumns = [
  ...[
    'workspace_id',
    'campaign_id',
    'contact_id',
    'phone',
    'stage',
    'at',
    'allowed',
    'reason',
    'rules_version',
  ],
  ...['campaign_version', 'zones', 'facts'],
];

const decisionLine = (row: DecisionRow): string =>
  copyLine([
    ...[
      row.workspaceId,
      row.campaignId,
      row.contactId,
      row.phone,
      row.stage,
      new Date(row.atMs).toISOString(),
    ],
    ...[String(row.allowed), row.reason, row.rulesVersion, row.campaignVersion, copyArray(row.zones)],
    JSON.stringify(row.facts),
  ]);

async function writeErrors(
  { copy }: CopyTransaction,
  listId: string,
  errors: readonly RowError[],
): Promise<void> {
  await copy(
    'contact_list_errors',
    ['list_id', 'row', 'code', 'reason', 'cells'],
    errors.map(({ row, problem, cells }) =>
      copyLine([listId, row, problem, rowProblems[problem], copyArray(cells.map(shown))]),
    ),
  );
}

/** A cell as an error keeps it: as long as one may be, and without what the database does not take. */
const shown = (cell: string): string =>
  cell
    .slice(0, listLimits.cellLength)
    .replaceAll('\0', '')
    .replaceAll(/\p{Cs}/gu, '\ufffd');
