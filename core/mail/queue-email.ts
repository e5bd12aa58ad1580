import { emails } from '../../db/schema/emails.ts';
import type { OperationContext } from '../context.ts';

interface EmailToQueue {
  readonly to: string;
  readonly subject: string;
  /** Plain text. May hold links that work once: it is kept sealed, and only until it is sent. */
  readonly text: string;
  /** Whose outbox shows it. Left out: only a superuser's. */
  readonly workspaceId?: string;
}

/** Queues a mail with the change that caused it; a job sends it. */
export async function queueEmail(
  ctx: Pick<OperationContext, 'db' | 'emit' | 'services'>,
  { to, subject, text, workspaceId }: EmailToQueue,
): Promise<void> {
  const [row] = await ctx.db
    .insert(emails)
    .values({
      toAddress: to,
      subject,
      sealedText: ctx.services.sealer.seal(text),
      workspaceId: workspaceId ?? null,
    })
    .returning({ id: emails.id });
  if (row) await ctx.emit('send-email', { emailId: row.id }, { key: `email-${row.id}` });
}
