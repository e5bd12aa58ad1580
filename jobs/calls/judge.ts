import { type Call, hasNeverHadAgent, isDialOpen } from '../../core/calls/index.ts';

/** What is known about a call that has not moved for a while. */
export interface Evidence {
  readonly call: Pick<
    Call,
    | ('status' | 'channel' | 'queuedAt' | 'dialedAt' | 'updatedAt')
    | ('direction' | 'epoch' | 'appliedSeq')
    | ('endedAt' | 'answeredAt' | 'dialOutcome' | 'bridgedAt' | 'recorderStays')
  >;
  readonly now: number;
  /** Who is in its LiveKit room; null: there is no such room. */
  readonly room: { readonly people: number; readonly agent: boolean } | null;
  /** A living worker host says that it carries the call. */
  readonly carried: boolean;
  /** Reports of workers are queued and not in the database yet. */
  readonly eventsWaiting: boolean;
  /** For a queued call: its dial job is there. */
  readonly dialJobWaiting: boolean;
}

export type Finding =
  | { readonly do: 'leave' }
  | { readonly do: 'finalize' }
  | { readonly do: 'dial' }
  | { readonly do: 'rescue' }
  /** The agent has put the caller through, and one of the two has gone since. */
  | { readonly do: 'end-bridged' }
  | { readonly do: 'abandon'; readonly reason: string; readonly detail: string };

/** A trunk that is not ready for so long will not be. */
const undialableAfterMs = 120_000;
/** A visitor's way into the room is open for ten minutes. */
const unjoinedAfterMs = 11 * 60_000;
/** A dial job that lost its process comes back by itself; after this it did not. */
const dialLostAfterMs = 90_000;
const roomLostAfterMs = 30_000;
/** A worker says that it has come as the first thing it does. */
const unseatedAfterMs = 10_000;
/** Reports that do not get into the database for so long do not hold a verdict up any more. */
const hopeForEventsMs = 600_000;
/** The dial job says why nobody answered; a call that ended waits so long for it. */
const verdictAfterMs = 120_000;

const leave = { do: 'leave' } as const;
const gaveUpWaiting = {
  do: 'abandon',
  reason: 'caller_hung_up',
  detail: 'The caller hung up before an agent came: every slot was taken, or no worker was there.',
} as const;

/** The sweep's verdict. Pure, and careful: what may still move by itself is left alone. */
export function judge(evidence: Evidence): Finding {
  const { call } = evidence;
  if (call.status === 'ended') return judgeEnded(evidence);
  if (call.status === 'queued')
    return call.channel === 'web' ? judgeVisitor(evidence) : judgeQueued(evidence);
  const people = evidence.room?.people ?? 0;
  if (call.bridgedAt !== null) return judgeBridged(evidence, people);
  // Somebody who waits for a first agent is seated by a sweep of their own (jobs/calls/seat-callers.ts).
  if (people > 0 && !evidence.room?.agent && !evidence.carried)
    return hasNeverHadAgent(call) ? leave : { do: 'rescue' };
  if (people > 0 || evidence.room?.agent || evidence.carried) return leave;
  return judgeGone(evidence);
}

/** Whoever records the two reports their end; when they are gone, a rescue notes it and the two talk on. */
function judgeBridged({ call, room, carried }: Evidence, people: number): Finding {
  const isRecorded = call.recorderStays && (room?.agent || carried);
  if (isRecorded) return leave;
  if (people < 2) return { do: 'end-bridged' };
  return call.recorderStays ? { do: 'rescue' } : leave;
}

function judgeEnded({ call, now }: Evidence): Finding {
  const endedAt = call.endedAt?.getTime() ?? call.updatedAt.getTime();
  if (isDialOpen(call) && now - endedAt > verdictAfterMs)
    return {
      do: 'abandon',
      reason: 'dial_unknown',
      detail: 'The job that dialed was lost, so it is not known how the call went.',
    };
  return { do: 'finalize' };
}

function judgeQueued({ call, now, dialJobWaiting }: Evidence): Finding {
  if (dialJobWaiting) return leave;
  if (now - call.queuedAt.getTime() > undialableAfterMs)
    return {
      do: 'abandon',
      reason: 'dial_failed',
      detail:
        'The call was not dialed: its SIP trunk was not ready for two minutes. Look at the state of the number.',
    };
  return { do: 'dial' };
}

function judgeVisitor({ call, now, room, carried }: Evidence): Finding {
  if (room !== null || carried || now - call.queuedAt.getTime() < unjoinedAfterMs) return leave;
  return { do: 'abandon', reason: 'caller_never_joined', detail: 'The visitor never came into the room.' };
}

function judgeGone({ call, now, eventsWaiting }: Evidence): Finding {
  const idleMs = now - call.updatedAt.getTime();
  if (eventsWaiting && idleMs < hopeForEventsMs) return leave;
  if (hasNeverHadAgent(call)) return idleMs < unseatedAfterMs ? leave : gaveUpWaiting;
  if (idleMs < (call.status === 'dialing' ? dialLostAfterMs : roomLostAfterMs)) return leave;
  return {
    do: 'abandon',
    reason: 'room_closed',
    detail: 'The room of the call is gone, and the worker that carried it has not said how it ended.',
  };
}
