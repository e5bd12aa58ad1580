import { and, eq, lt, sql } from 'drizzle-orm';
import { callbacks } from '../../../db/schema/callbacks.ts';
import type { OperationContext } from '../../context.ts';
import type { Attempt } from './person.ts';

/** What was asked for in these calls and the campaign keeps, before its end: by attempt, the earliest. */
export async function takeCallBacks(
  db: OperationContext['db'],
  own: readonly Attempt[],
  end: Date | null,
): Promise<ReadonlyMap<string, Date>> {
  const taken = await db
    .update(callbacks)
    .set({ status: 'taken' })
    .where(
      and(
        eq(callbacks.status, 'pending'),
        end === null ? undefined : lt(callbacks.dueAt, end),
        sql`(${callbacks.callId}, ${callbacks.phoneNumber}) in (
          select * from unnest(${sql.param(own.map(({ id }) => id))}::uuid[], ${sql.param(own.map(({ phone }) => phone))}::text[]))`,
      ),
    )
    .returning({ callId: callbacks.callId, dueAt: callbacks.dueAt });
  const latestFirst = taken.sort((a, b) => b.dueAt.getTime() - a.dueAt.getTime());
  return new Map(latestFirst.flatMap(({ callId, dueAt }) => (callId === null ? [] : [[callId, dueAt]])));
}
