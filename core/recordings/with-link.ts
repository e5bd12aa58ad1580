import { and, asc, eq, like } from 'drizzle-orm';
import { callEvents } from '../../db/schema/call-events.ts';
import { isRecord } from '../../platform/is-record.ts';
import { nowMs, type OperationContext } from '../context.ts';
import { linkTtlMs, signLink } from './link.ts';
import { isAllHere, type MissingPart, missingParts, type RecordingEvent } from './missing.ts';
import { piecesOf, type Recording } from './recording.ts';

export interface RecordingWithLink {
  /** partial: it is over, and `missing` says what was not recorded, or did not arrive. */
  readonly state: 'recording' | 'complete' | 'partial';
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly sizeBytes: number;
  readonly sampleRate: number;
  /** As far as it is certain. */
  readonly missing: readonly MissingPart[];
  readonly expiresAt: Date | null;
  /** Query of the link to its audio, and until when it works. */
  readonly link: { readonly query: string; readonly expiresAt: Date };
}

/** Pieces are a minute long, and those of a lost worker have to be found. */
const arrivalMs = 120_000;

/** A recording with a link to hear it and what is missing of it, for whoever has been let in to its call. */
export async function withLink(
  ctx: OperationContext,
  { id, callId, startedAt, durationMs, sizeBytes, sampleRate, expiresAt }: Recording,
  call: { readonly endedAt: Date | null },
): Promise<RecordingWithLink> {
  const [events, pieces] = [await eventsOf(ctx, callId), await piecesOf(ctx, id)];
  const now = nowMs(ctx);
  const arrived = now - arrivalMs;
  const endedAt = call.endedAt?.getTime();
  const isHere = isAllHere(events, pieces);
  const isOver = endedAt !== undefined || events.at(-1)?.type === 'stopped' || events.length === 0;
  const isSettled = (isOver && isHere) || (endedAt !== undefined && endedAt < arrived);
  const missing = missingParts(events, pieces, sampleRate, endedAt ?? now);
  const until = now + linkTtlMs;
  return {
    ...{ startedAt, durationMs, sizeBytes, sampleRate, expiresAt },
    state: isSettled ? stateOf(missing, isHere || events.length > 0) : 'recording',
    missing: missing.filter(({ to }) => isSettled || to < arrived),
    link: { query: signLink(ctx.services.authSecret, callId, until), expiresAt: new Date(until) },
  };
}

/** Of a recording that no worker has said a word about only its pieces tell. */
const stateOf = (missing: readonly MissingPart[], isKnown: boolean): 'complete' | 'partial' =>
  missing.length === 0 && isKnown ? 'complete' : 'partial';

async function eventsOf(ctx: OperationContext, callId: string): Promise<RecordingEvent[]> {
  const rows = await ctx.db
    .select()
    .from(callEvents)
    .where(and(eq(callEvents.callId, callId), like(callEvents.type, 'recording.%')))
    .orderBy(asc(callEvents.epoch), asc(callEvents.seq));
  return rows.map(({ epoch, type, at, data }) => ({
    epoch,
    type: type.slice('recording.'.length) as RecordingEvent['type'],
    at: at.getTime(),
    detail: isRecord(data) && typeof data.detail === 'string' ? data.detail : '',
  }));
}
