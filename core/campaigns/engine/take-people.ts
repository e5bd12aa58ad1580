import { asc } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import type { Attempt } from './books.ts';

/** The contacts of these attempts by id, locked in the order of their ids, as everybody takes them. */
export async function takePeople(
  db: OperationContext['db'],
  own: readonly Pick<Attempt, 'contactId'>[],
): Promise<ReadonlyMap<string, typeof contacts.$inferSelect>> {
  const ids = own.map(({ contactId }) => contactId);
  const rows = await db
    .select()
    .from(contacts)
    .where(anyOf(contacts.id, ids))
    .orderBy(asc(contacts.id))
    .for('update');
  return new Map(rows.map((contact) => [contact.id, contact]));
}
