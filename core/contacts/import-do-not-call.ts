import type { Context } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { addDoNotCall } from './do-not-call.ts';
import { numberRows } from './import/number-rows.ts';
import { rowProblems } from './import/read-row.ts';
import { TableError } from './import/table.ts';

export const doNotCallFile = { bytes: 16 * 1024 ** 2, numbers: 200_000, shownErrors: 100 } as const;

/** Of one transaction, in which nobody of the workspace is dialed. */
const numbersAtOnce = 2_000;

interface Imported {
  /** Numbers that were not on the list before. */
  readonly added: number;
  /** Numbers in the file, those that it has twice counted once. */
  readonly numbers: number;
  readonly failed: number;
  /** The first of the rows that hold no number. */
  readonly errors: readonly { readonly row: number; readonly message: string }[];
}

/**
 * Puts every number of a file on a do-not-call list; see numberRows for its form. The whole file is read before
 * anything is written. A row that holds no number is said, and does not keep the others from the list. Throws invalid
 * for what is no such file, has none at all or too many.
 */
export async function importDoNotCall(
  ctx: Context,
  {
    campaignId,
    country,
    note,
    source,
  }: {
    campaignId: string | null;
    country: string | null;
    note: string;
    source: AsyncIterable<Uint8Array>;
  },
): Promise<Imported> {
  const phones = new Set<string>();
  const errors: { row: number; message: string }[] = [];
  let failed = 0;
  try {
    for await (const { row, phone } of numberRows(bounded(source), country)) {
      if (!('problem' in phone)) phones.add(phone.e164);
      else if (++failed <= doNotCallFile.shownErrors)
        errors.push({ row, message: rowProblems[phone.problem] });
      if (phones.size > doNotCallFile.numbers)
        throw invalid('file', `holds more than ${doNotCallFile.numbers} numbers; split it`);
    }
  } catch (error) {
    throw error instanceof TableError ? invalid('file', error.message) : error;
  }
  if (phones.size === 0)
    throw new DomainError('invalid', 'There is no phone number in the file.', {
      fields: errors.map(({ row, message }) => ({ path: `file.${row}`, message })),
    });
  const all = [...phones];
  let added = 0;
  for (let at = 0; at < all.length; at += numbersAtOnce) {
    const done = await addDoNotCall(ctx, {
      ...{ campaignId, phones: all.slice(at, at + numbersAtOnce), note, source: 'import' },
    });
    added += done.added;
  }
  return { added, numbers: all.length, failed, errors };
}

async function* bounded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let room: number = doNotCallFile.bytes;
  for await (const bytes of source) {
    room -= bytes.length;
    if (room < 0) throw invalid('file', `is larger than ${doNotCallFile.bytes / 1024 ** 2} MB; split it`);
    yield bytes;
  }
}
