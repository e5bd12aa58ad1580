import { sql } from 'drizzle-orm';
import { insertMany } from '../../db/insert-many.ts';
import { calls } from '../../db/schema/calls.ts';
import type { OperationContext } from '../context.ts';

interface Ordered {
  readonly id: string;
  readonly workspaceId: string;
  readonly agentId: string;
  readonly agentVersionId: string;
  readonly phoneNumberId: string;
  readonly campaignId: string | null;
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly threadId: string;
  readonly variables: Record<string, string>;
}

/**
 * Writes outbound calls and, in the same transaction, the messages that have them dialed. The one way to a queued call.
 */
export async function queueCalls(
  { db }: Pick<OperationContext, 'db'>,
  ordered: readonly Ordered[],
): Promise<void> {
  await insertMany(
    db,
    calls,
    ordered.map((one) => ({
      ...one,
      ...{ channel: 'phone' as const, direction: 'outbound' as const, roomName: `call-${one.id}` },
    })),
  );
  await db.execute(sql`
    insert into outbox (name, payload, key)
    select 'dial-call', jsonb_build_object('callId', id), 'dial-' || id
    from unnest(${sql.param(ordered.map(({ id }) => id))}::uuid[]) as ids(id)`);
}
