import { stringify } from 'csv-stringify/sync';
import { type SQL, sql } from 'drizzle-orm';

/** CSV as people open it, in a spreadsheet. */

/** So that Excel reads UTF-8. */
export const byteOrderMark = '\ufeff';

/**
 * Rows whose cells a spreadsheet takes as they are: what it would take for a formula gets an apostrophe in front, which
 * our imports take off.
 */
export const csvRows = (rows: readonly (readonly string[])[]): string =>
  stringify(rows as string[][], { escape_formulas: true, record_delimiter: 'windows' });

/** The signs that csv-stringify takes for the start of a formula. */
const formulaSigns = '=+-@\t\r\uff1d\uff0b\uff0d\uff20';

/** The same in SQL. A telephone number is left as it is: a spreadsheet makes nothing but a number of it. */
export const spreadsheetText = (text: SQL): SQL =>
  sql`case when strpos(${formulaSigns}, left(${text}, 1)) > 0 and ${text} <> ''
    and translate(${text}, '0123456789', '') <> '+'
    then '''' || ${text} else ${text} end`;
