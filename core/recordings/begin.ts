import { eq } from 'drizzle-orm';
import { calls } from '../../db/schema/calls.ts';
import { recordings } from '../../db/schema/recordings.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { expiryOf, type Recording } from './recording.ts';

export interface Beginning {
  readonly callId: string;
  /** Samples per second. */
  readonly sampleRate: number;
  readonly startedAt: Date;
}

/**
 * The recording of a call, made when its worker says that it records, or with a piece that comes before that: what was
 * recorded and never arrived is missing then, and not as if it had never been. Locked, so that pieces come one after
 * the other.
 */
export async function beginRecording(
  ctx: OperationContext,
  { callId, sampleRate, startedAt }: Beginning,
): Promise<{ recording: Recording; retentionDays: number | null }> {
  const [call] = await ctx.db
    .select({ workspaceId: calls.workspaceId, retentionDays: workspaces.recordingRetentionDays })
    .from(calls)
    .innerJoin(workspaces, eq(workspaces.id, calls.workspaceId))
    .where(eq(calls.id, callId));
  if (!call) throw notFound('Call');
  const { workspaceId, retentionDays } = call;
  const expiresAt = expiryOf(startedAt, retentionDays);
  const [recording] = await ctx.db
    .insert(recordings)
    .values({ callId, workspaceId, sampleRate, startedAt, expiresAt })
    .onConflictDoUpdate({ target: recordings.callId, set: { updatedAt: new Date() } })
    .returning();
  if (!recording) throw new Error('The insert of a recording returned nothing.');
  return { recording, retentionDays };
}
