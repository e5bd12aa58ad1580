import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { anyOf } from '../../../db/any-of.ts';
import { callbacks } from '../../../db/schema/callbacks.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { contacts } from '../../../db/schema/contacts.ts';
import type { OperationContext } from '../../context.ts';

type LetGo = Pick<typeof callbacks.$inferInsert, 'status' | 'statusReason'>;
/** Placed without a campaign: they were asked for. */
export const placedWithout: LetGo = { status: 'pending', statusReason: '' };
export const stopped: LetGo = { status: 'canceled', statusReason: 'Its campaign was stopped.' };

/**
 * Call-backs that campaigns have promised to people who still wait for them, and will not keep. Whoever is called
 * without the campaign (`pending`) is done for it: it would call them again if it were started once more.
 */
export async function letGoCallBacks(
  db: OperationContext['db'],
  campaignIds: readonly string[],
  to: LetGo,
): Promise<void> {
  if (campaignIds.length === 0) return;
  const letGo = await db
    .update(callbacks)
    .set(to)
    .where(
      and(
        eq(callbacks.status, 'taken'),
        isNull(callbacks.placedCallId),
        sql`${callbacks.callId} in (
          select attempts.id from attempts join contacts on contacts.id = attempts.contact_id
          where contacts.campaign_id = any(${sql.param(campaignIds)}::uuid[]) and contacts.state = 'waiting'
            and contacts.call_back_at is not null)`,
      ),
    )
    .returning({ callId: callbacks.callId });
  if (to.status !== 'pending' || letGo.length === 0) return;
  await db.execute(sql`
    update contacts set state = 'done', call_back_at = null
    where state = 'waiting' and id in (
      select contact_id from attempts where id = any(${sql.param(letGo.map(({ callId }) => callId))}::uuid[]))`);
}

/** What was promised to people who were blocked. */
export async function endCallBacksOfBlocked(
  db: OperationContext['db'],
  blocked: readonly { readonly id: string }[],
): Promise<void> {
  if (blocked.length === 0) return;
  await db.execute(sql`
    update callbacks set status = 'canceled',
      status_reason = 'Its campaign may not call them any more: ' || contacts.blocked_reason || '.'
    from attempts join contacts on contacts.id = attempts.contact_id
    where ${anyOf(
      contacts.id,
      blocked.map(({ id }) => id),
    )} and contacts.state = 'blocked' and contacts.call_back_at is not null
      and callbacks.call_id = attempts.id and callbacks.status = 'taken' and callbacks.placed_call_id is null`);
}

/** A campaign that ended while a call-back was on its way to the phone let go of the others then. */
export async function letGoIfOver(db: OperationContext['db'], contactId: string): Promise<void> {
  const [over] = await db
    .select({ id: campaigns.id, status: campaigns.status })
    .from(contacts)
    .innerJoin(campaigns, eq(campaigns.id, contacts.campaignId))
    .where(
      and(
        eq(contacts.id, contactId),
        isNotNull(contacts.callBackAt),
        inArray(campaigns.status, ['finished', 'stopped', 'archived']),
      ),
    );
  if (over) await letGoCallBacks(db, [over.id], over.status === 'finished' ? placedWithout : stopped);
}
