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
const formulaSigns = [...'=+-@\t\r\uff1d\uff0b\uff0d\uff20'];
const signs = sql.join(
  formulaSigns.map((sign) => sql`${sign}`),
  sql`, `,
);

/**
 * The same in SQL. A telephone number is left as it is: a spreadsheet makes nothing but a number of it. Most cells are
 * done with after a look at their first character.
 */
export const spreadsheetText = (text: SQL): SQL =>
  sql`case when left(${text}, 1) = any (array[${signs}])
    and not (left(${text}, 1) = '+' and ltrim(substr(${text}, 2), '0123456789') = '')
    then '''' || ${text} else ${text} end`;
