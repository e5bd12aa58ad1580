import { copyArray, copyLine } from '../../../db/copy.ts';
import type { Consent } from '../../../db/schema/contacts.ts';
import { newId } from '../../../platform/ids.ts';
import type { JudgedCampaign } from '../../campaigns/ledger/gather-facts.ts';
import type { Located, RowContact, RowProblem } from './read-row.ts';

/** A row that did not become a contact. */
export interface RowError {
  readonly row: number;
  readonly problem: RowProblem;
  readonly cells: readonly string[];
}

/** Columns of the lines of a chunk. */
export const contactColumns = [
  ...['id', 'workspace_id', 'campaign_id', 'list_id', 'row', 'phone', 'country', 'given_zone', 'given_state'],
  ...['given_zip', 'zones', 'window_key', 'variables', 'consent', 'consent_evidence', 'priority', 'state'],
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
  readonly spare: Buffer[];
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
  readonly #cells: string[] = [];
  readonly #ends: number[] = [];
  readonly #spare: Buffer[];
  #bytes: Buffer;
  readonly #head: string;
  readonly atMs = Date.now();
  readonly #places: WeakMap<Located, string>;

  constructor({ campaign, listId, places, spare }: ChunkFrame) {
    this.#head = `\t${campaign.workspaceId}\t${campaign.id}\t${listId}\t`;
    this.#places = places;
    this.#spare = spare;
    this.#bytes = spare.pop() ?? Buffer.allocUnsafe(1 << 21);
  }

  /** It is written: its memory is for the next one. */
  release(): void {
    this.#spare.push(this.#bytes);
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
    this.#write(`${newId(this.atMs)}${this.#head}${who}\t${this.#placeColumns(located)}\t${rest}`);
    this.phones.push(phone.e164);
    this.located.push(located);
    this.consents.push(consent);
    this.#rows.push(row);
    this.#cells.push(cells.join(between));
  }

  idOf(index: number): string {
    const start = this.#startOf(index);
    return this.#bytes.toString('latin1', start, start + idLength);
  }

  errorOf(index: number, problem: RowProblem): RowError {
    return { row: this.#rows[index] ?? 0, problem, cells: (this.#cells[index] ?? '').split(between) };
  }

  /** All lines but those of `dropped`; those of `blocked` with their reason. */
  lines(dropped: ReadonlySet<number>, blocked: ReadonlyMap<number, string>): (string | Uint8Array)[] {
    const lines: (string | Uint8Array)[] = [];
    let from = 0;
    const upTo = (end: number) => {
      if (end > from) lines.push(this.#bytes.subarray(from, end));
    };
    for (const index of [...dropped, ...blocked.keys()].sort((one, other) => one - other)) {
      const [start, end] = [this.#startOf(index), this.#ends[index] ?? 0];
      upTo(start);
      from = end;
      const reason = blocked.get(index);
      if (reason !== undefined && !dropped.has(index))
        lines.push(
          `${this.#bytes.toString('utf8', start, end - waiting.length)}\t${copyLine(['blocked', reason])}`,
        );
    }
    upTo(this.#ends.at(-1) ?? 0);
    return lines;
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  #placeColumns(located: Located): string {
    const known = this.#places.get(located);
    if (known !== undefined) return known;
    const text = columns([copyArray(located.place.zones), located.windowKey]);
    this.#places.set(located, text);
    return text;
  }

  #write(line: string): void {
    const end = this.#ends.at(-1) ?? 0;
    const needed = end + line.length * 3;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, end);
      this.#bytes = larger;
    }
    this.#ends.push(end + this.#bytes.write(line, end));
  }
}

/** Some columns of a line, without its end. */
const columns = (values: Parameters<typeof copyLine>[0]): string => copyLine(values).slice(0, -1);
