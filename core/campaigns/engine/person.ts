import type { attempts } from '../../../db/schema/attempts.ts';
import type { contacts } from '../../../db/schema/contacts.ts';

/** What the engine looks at of a contact. */
export type Person = Pick<
  typeof contacts.$inferSelect,
  'id' | 'phone' | 'windowKey' | 'consent' | 'variables' | 'attempts' | 'state'
>;

/** What the engine looks at of an attempt. */
export type Attempt = Pick<
  typeof attempts.$inferSelect,
  'id' | 'campaignId' | 'contactId' | 'phone' | 'state' | 'dialedAt'
>;
