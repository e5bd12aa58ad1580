import { asc } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';
import type { Attempt, Person } from './person.ts';

/** Columns of a Person. */
export const ofPerson = {
  ...{ id: contacts.id, phone: contacts.phone, windowKey: contacts.windowKey, consent: contacts.consent },
  ...{ variables: contacts.variables, attempts: contacts.attempts, state: contacts.state },
};

/** The contacts of these attempts by id, locked in the order of their ids, as everybody takes them. */
export async function takePeople(
  db: OperationContext['db'],
  own: readonly Pick<Attempt, 'contactId'>[],
): Promise<ReadonlyMap<string, Person>> {
  const ids = own.map(({ contactId }) => contactId);
  const rows = await db
    .select(ofPerson)
    .from(contacts)
    .where(anyOf(contacts.id, ids))
    .orderBy(asc(contacts.id))
    .for('update');
  return new Map(rows.map((contact) => [contact.id, contact]));
}
