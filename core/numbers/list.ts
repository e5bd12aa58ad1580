import { asc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { prepared } from '../../db/prepared.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { operation } from '../operation.ts';
import { withoutPassword } from './number.ts';

/** The numbers of the workspace, oldest first. */
export const listNumbers = operation({
  name: 'number.list',
  scope: 'member',
  input: z.object({}),
  reads: true,
  run: async ({ services, workspaceId }) =>
    (await numbersOf(services.db).execute({ workspaceId })).map(withoutPassword),
});

const numbersOf = prepared((db) =>
  db
    .select()
    .from(phoneNumbers)
    .where(eq(phoneNumbers.workspaceId, sql.placeholder('workspaceId')))
    .orderBy(asc(phoneNumbers.createdAt), asc(phoneNumbers.id))
    .prepare(''),
);
