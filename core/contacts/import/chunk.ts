import { copyLine } from '../../../db/copy.ts';
import type { Consent } from '../../../db/schema/contacts.ts';
import { newId } from '../../../platform/ids.ts';
import type { JudgedCampaign } from '../../campaigns/ledger/gather-facts.ts';
import type { Located, RowContact, RowProblem } from './read-row.ts';
import { TextBuffer } from './text-buffer.ts';

/** A row that did not become a contact. */
export interface RowError {
  readonly row: number;
  readonly problem: RowProblem;
  readonly cells: readonly string[];
}

/** Columns of the lines of a chunk. */
export const contactColumns = [
  ...['id', 'workspace_id', 'campaign_id', 'list_id', 'row', 'phone', 'country', 'given_zone', 'given_state'],
  ...['given_zip', 'window_key', 'variables', 'consent', 'consent_evidence', 'priority', 'state'],
  'blocked_reason',
];

/** What every line ends with until somebody is found to be blocked. */
const waiting = `\t${copyLine(['waiting', null])}`;
const idLength = 36;
/** No cell of a contact holds it: read-row.ts takes it for no text. */
const between = '\x1f';

/** What the chunks of one import share. */
export interface ChunkFrame {
  readonly campaign: Pick<JudgedCampaign, 'id' | 'workspaceId'>;
  readonly listId: string;
  /** Places as columns. */
  readonly places: WeakMap<Located, string>;
  /** Memory of chunks that are written. */
  readonly spare: { readonly lines: TextBuffer; readonly cells: TextBuffer }[];
}

/**
 * Rows of a list on their way into the database. Contacts are written down at once as the bytes that COPY takes: kept
 * as objects, a few thousand of them cost the garbage collector more than everything else costs together.
 */
export class Chunk {
  readonly errors: RowError[] = [];
  /** Records dealt with, blank ones too. */
  records = 0;
  duplicates = 0;
  /** Of each contact. */
  readonly phones: string[] = [];
  readonly located: Located[] = [];
  readonly consents: Consent[] = [];
  readonly #rows: number[] = [];
  readonly #spare: ChunkFrame['spare'];
  readonly #lines: TextBuffer;
  readonly #cells: TextBuffer;
  readonly #head: string;
  readonly atMs = Date.now();
  readonly #places: WeakMap<Located, string>;

  constructor({ campaign, listId, places, spare }: ChunkFrame) {
    this.#head = `\t${campaign.workspaceId}\t${campaign.id}\t${listId}\t`;
    this.#places = places;
    this.#spare = spare;
    const { lines, cells } = spare.pop() ?? {
      lines: new TextBuffer(1 << 21),
      cells: new TextBuffer(1 << 19),
    };
    this.#lines = lines;
    this.#cells = cells;
  }

  /** It is written: its memory is for the next one. */
  release(): void {
    this.#lines.clear();
    this.#cells.clear();
    this.#spare.push({ lines: this.#lines, cells: this.#cells });
  }

  get size(): number {
    return this.phones.length;
  }

  add(contact: RowContact, row: number, cells: readonly string[]): void {
    const { phone, located, consent, givenZone, givenState, givenZip } = contact;
    const { variables, consentEvidence, priority } = contact;
    const given =
      givenZone === null && givenState === null && givenZip === null
        ? '\\N\t\\N\t\\N'
        : columns([givenZone, givenState, givenZip]);
    const rest = `${columns([variables, consent, consentEvidence, priority])}${waiting}`;
    const who = `${row}\t${phone.e164}\t${phone.country ?? '\\N'}\t${given}`;
    this.#lines.add(`${newId(this.atMs)}${this.#head}${who}\t${this.#placeColumns(located)}\t${rest}`);
    this.#cells.add(cells.join(between));
    this.phones.push(phone.e164);
    this.located.push(located);
    this.consents.push(consent);
    this.#rows.push(row);
  }

  idOf(index: number): string {
    return this.#lines.at(index).slice(0, idLength);
  }

  errorOf(index: number, problem: RowProblem): RowError {
    return { row: this.#rows[index] ?? 0, problem, cells: this.#cells.at(index).split(between) };
  }

  /** All lines but those of `dropped`; those of `blocked` with their reason. */
  lines(dropped: ReadonlySet<number>, blocked: ReadonlyMap<number, string>): (string | Uint8Array)[] {
    const lines: (string | Uint8Array)[] = [];
    let from = 0;
    const upTo = (end: number) => {
      if (end > from) lines.push(this.#lines.between(from, end));
      from = end + 1;
    };
    for (const index of [...new Set([...dropped, ...blocked.keys()])].sort((one, other) => one - other)) {
      upTo(index);
      const reason = blocked.get(index);
      if (reason !== undefined && !dropped.has(index))
        lines.push(`${this.#lines.at(index, waiting.length)}\t${copyLine(['blocked', reason])}`);
    }
    upTo(this.size);
    return lines;
  }

  #placeColumns(located: Located): string {
    const known = this.#places.get(located);
    if (known !== undefined) return known;
    const text = columns([located.windowKey]);
    this.#places.set(located, text);
    return text;
  }
}

/** Some columns of a line, without its end. */
const columns = (values: Parameters<typeof copyLine>[0]): string => copyLine(values).slice(0, -1);
