import { eq } from 'drizzle-orm';
import type { CopyTransaction } from '../../../db/copy.ts';
import { copyArray, copyLine, copyTransaction } from '../../../db/copy.ts';
import { contactLists } from '../../../db/schema/contact-lists.ts';
import { newId } from '../../../platform/ids.ts';
import { decisionRow } from '../../campaigns/ledger/decide.ts';
import type { JudgedCampaign } from '../../campaigns/ledger/gather-facts.ts';
import { gatherLists } from '../../campaigns/ledger/gather-lists.ts';
import type { DecisionRow } from '../../campaigns/ledger/record-decisions.ts';
import { type ContactFacts, type Judgement, judgeContact } from '../../campaigns/rules/index.ts';
import type { Services } from '../../context.ts';
import type { ContactList } from '../contact-list.ts';
import { type RowContact, type RowProblem, rowProblems } from './read-row.ts';
import { withoutKnown } from './without-known.ts';

/** Rows of a list on their way into the database. */
export interface Chunk {
  readonly contacts: (RowContact & { readonly row: number; readonly cells: readonly string[] })[];
  readonly errors: {
    readonly row: number;
    readonly problem: RowProblem;
    readonly cells: readonly string[];
  }[];
  /** Records dealt with, blank ones too. */
  records: number;
  duplicates: number;
}

export const emptyChunk = (): Chunk => ({ contacts: [], errors: [], records: 0, duplicates: 0 });

interface Target {
  readonly list: ContactList;
  readonly campaign: JudgedCampaign;
  /** Where this run believes the list to be. */
  readonly rowsDone: number;
  readonly bytesDone: number;
}

/**
 * Writes one chunk: contacts, errors, verdicts and the progress of the list, in one transaction. False: the list was
 * deleted, or another run has taken it over, and nothing was written.
 */
export async function writeChunk({ db }: Services, target: Target, chunk: Chunk): Promise<boolean> {
  return copyTransaction(db, async (transaction) => {
    const [list] = await transaction.tx
      .select()
      .from(contactLists)
      .where(eq(contactLists.id, target.list.id))
      .for('update');
    if (list?.run !== target.list.run || list.state !== 'importing' || list.rowsDone !== target.rowsDone)
      return false;
    const { kept, dropped } = await withoutKnown(transaction, list, chunk);
    const blocked = await writeContacts(transaction, target, kept);
    await writeErrors(transaction, list.id, [...chunk.errors, ...dropped]);
    await transaction.tx
      .update(contactLists)
      .set({
        rowsDone: list.rowsDone + chunk.records,
        rowsImported: list.rowsImported + kept.length,
        rowsBlocked: list.rowsBlocked + blocked,
        rowsDuplicate: list.rowsDuplicate + chunk.duplicates + dropped.length,
        rowsFailed: list.rowsFailed + chunk.errors.length - chunk.duplicates,
        bytesDone: Math.min(target.bytesDone, list.receivedBytes),
      })
      .where(eq(contactLists.id, list.id));
    return true;
  });
}

type Kept = Chunk['contacts'];

const contactColumns = [
  ...['id', 'workspace_id', 'campaign_id', 'list_id', 'row', 'phone', 'country', 'given_zone', 'given_state'],
  ...['given_zip', 'zones', 'window_key', 'variables', 'consent', 'consent_evidence', 'priority', 'state'],
  'blocked_reason',
];

/** Whoever no rule will ever let be dialed is `blocked` from the beginning, with a row in the ledger. */
async function writeContacts(
  { tx, copy }: CopyTransaction,
  { list, campaign }: Target,
  kept: Kept,
): Promise<number> {
  const atMs = Date.now();
  const { listed, registries, listVersion } = await gatherLists(
    tx,
    campaign,
    kept.map(({ phone }) => phone.e164),
  );
  const judge = judgeOnce(campaign, registries, atMs);
  const decisions: DecisionRow[] = [];
  const lines = kept.map((contact) => {
    const id = newId(atMs);
    const { phone, consent } = contact;
    const { facts, judgement, zones } = judge(contact, listed.get(phone.e164) ?? null);
    const blocked = judgement.final ? judgement.reason : null;
    if (blocked !== null)
      decisions.push(
        decisionRow(
          { campaign, stage: 'import', atMs, listVersion },
          { id, phone: phone.e164, windowKey: contact.windowKey, consent },
          facts,
          judgement,
        ),
      );
    return copyLine([
      id,
      campaign.workspaceId,
      campaign.id,
      list.id,
      contact.row,
      phone.e164,
      phone.country,
      contact.givenZone,
      contact.givenState,
      contact.givenZip,
      zones,
      contact.windowKey,
      JSON.stringify(contact.variables),
      consent,
      contact.consentEvidence,
      contact.priority,
      blocked === null ? 'waiting' : 'blocked',
      blocked,
    ]);
  });
  await copy('contacts', contactColumns, lines);
  await copy('decisions', decisionColumns, decisions.map(decisionLine));
  return decisions.length;
}

/** Contacts of one place, consent and list get one verdict: nobody was called yet. */
function judgeOnce(campaign: JudgedCampaign, registries: ContactFacts['registries'], atMs: number) {
  const verdicts = new Map<string, { facts: ContactFacts; judgement: Judgement; zones: string }>();
  return ({ place, windowKey, consent }: RowContact, listed: ContactFacts['listed']) => {
    const key = `${windowKey} ${consent} ${listed}`;
    const known = verdicts.get(key);
    if (known) return known;
    const facts: ContactFacts = {
      ...{ rules: campaign.rules, place, consent, listed, dialed: [] },
      registries: registries.filter(({ country }) => country === place.country),
      before: { campaign: 0, workspace: 0 },
    };
    const verdict = { facts, judgement: judgeContact(facts, atMs), zones: copyArray(place.zones) };
    verdicts.set(key, verdict);
    return verdict;
  };
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
  errors: Chunk['errors'],
): Promise<void> {
  await copy(
    'contact_list_errors',
    ['list_id', 'row', 'code', 'reason', 'cells'],
    errors.map(({ row, problem, cells }) =>
      copyLine([listId, row, problem, rowProblems[problem], copyArray(cells.map(shown))]),
    ),
  );
}

/** A cell as an error keeps it: short, and without what the database does not take. */
const shown = (cell: string): string =>
  cell
    .slice(0, 500)
    .replaceAll('\0', '')
    .replaceAll(/\p{Cs}/gu, '\ufffd');
