import { sql } from 'drizzle-orm';
import { bigint, timestamp, uuid } from 'drizzle-orm/pg-core';
import { newId } from '../../platform/ids.ts';

/** The columns that most tables share. */
export const id = () =>
  uuid('id')
    .primaryKey()
    .$defaultFn(() => newId());
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
/** A size beyond 2 GiB. */
export const bigBytes = (name: string) => bigint(name, { mode: 'number' });
export const createdAt = () => moment('created_at').notNull().default(sql`now()`);
export const updatedAt = () =>
  moment('updated_at')
    .notNull()
    .default(sql`now()`)
    .$onUpdateFn(() => new Date());
