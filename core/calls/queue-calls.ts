import { insertMany } from '../../db/insert-many.ts';
import { calls } from '../../db/schema/calls.ts';
import { outbox } from '../../db/schema/outbox.ts';
import type { OperationContext } from '../context.ts';
import { messages } from '../messages.ts';

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

/** Writes outbound calls and, in the same transaction, the messages that have them dialed. The one way to a queued call. */
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
  await insertMany(
    db,
    outbox,
    ordered.map(({ id }) => ({
      name: 'dial-call',
      payload: messages['dial-call'].parse({ callId: id }),
      key: `dial-${id}`,
    })),
  );
}
