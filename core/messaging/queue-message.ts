import { and, count, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { textMessages } from '../../db/schema/text-messages.ts';
import { mustNotCall } from '../campaigns/ledger/gather-lists.ts';
import type { OperationContext } from '../context.ts';
import { phoneNumberField } from '../fields.ts';
import { requestKey, type ToolSubject } from '../tools/subject.ts';
import { ToolError } from '../tools/tool.ts';

/** Somebody on the line cannot make an agent write to the whole world. */
const maxPerSubject = 5;
/** Of all conversations of a workspace within a day, to a number that is not the one of whoever asks. */
const maxToOthers = 5;

export const messageArguments = z.object({
  text: z.string().trim().min(1, 'must not be empty').max(1_000, 'at most 1000 characters'),
  phone_number: phoneNumberField.optional(),
});

/** Queues an SMS to the person; a job sends it. Throws ToolError with what to ask for. */
export async function queueMessage(
  ctx: Pick<OperationContext, 'db' | 'emit'>,
  subject: ToolSubject,
  toolCallId: string,
  { text, phone_number }: z.output<typeof messageArguments>,
): Promise<string> {
  const toNumber = phone_number ?? subject.personNumber;
  if (toNumber === null) throw new ToolError('Ask for the phone number to send the message to.');
  const { callId, conversationId, workspaceId, agentId } = subject;
  const mine =
    callId === null ? eq(textMessages.conversationId, conversationId ?? '') : eq(textMessages.callId, callId);
  const [sent] = await ctx.db.select({ count: count() }).from(textMessages).where(mine);
  if ((sent?.count ?? 0) >= maxPerSubject)
    throw new ToolError(`No more than ${maxPerSubject} messages can be sent in one conversation.`);
  if (toNumber !== subject.personNumber) await refuseUnasked(ctx, workspaceId, toNumber);
  const [row] = await ctx.db
    .insert(textMessages)
    .values({
      ...{ workspaceId, agentId, callId, conversationId, toNumber },
      fromNumber: subject.agentNumber,
      body: text,
      requestKey: requestKey(subject, toolCallId),
    })
    .onConflictDoNothing()
    .returning({ id: textMessages.id });
  if (row) await ctx.emit('send-text-message', { messageId: row.id }, { key: `text-${row.id}` });
  return 'The message is on its way.';
}

/** Whoever says a number may not be the one who has it, and can call again and again. */
async function refuseUnasked(
  { db }: Pick<OperationContext, 'db'>,
  workspaceId: string,
  toNumber: string,
): Promise<void> {
  if (await mustNotCall(db, workspaceId, toNumber))
    throw new ToolError('This number is on the do-not-call list, so nothing is sent to it. Tell the caller.');
  const lately = gt(textMessages.createdAt, sql`now() - interval '1 day'`);
  const theirs = and(eq(textMessages.workspaceId, workspaceId), eq(textMessages.toNumber, toNumber));
  const [sent] = await db.select({ count: count() }).from(textMessages).where(and(theirs, lately));
  if ((sent?.count ?? 0) >= maxToOthers)
    throw new ToolError('This number has had too many messages within a day. Tell the caller.');
}
