import type { CallStatus, DialOutcome } from '../../db/schema/calls.ts';
import { isAnnouncedNumber } from './announced-number.ts';
import type { CallEvent, EndReason } from './events.ts';

/**
 * The status machine of a call. Pure.
 *
 *   queued → dialing → ringing → active → ended
 *
 * Outbound starts as queued, inbound as ringing, web as queued until the visitor is there. A status never goes back;
 * it may skip ahead, because the party that reports first wins (a worker's `call.answered` may come before the dial
 * job has seen the answer). Nothing follows `ended`.
 */
export const statusOrder: readonly CallStatus[] = ['queued', 'dialing', 'ringing', 'active', 'ended'];

export const mayFollow = (from: CallStatus, to: CallStatus): boolean =>
  statusOrder.indexOf(to) > statusOrder.indexOf(from);

/** `to`, if it may follow `from`; otherwise `from`. */
export const advance = (from: CallStatus, to: CallStatus): CallStatus => (mayFollow(from, to) ? to : from);

/** The part of a call's row that events and dial outcomes move. */
export interface CallState {
  readonly status: CallStatus;
  readonly answeredAt: Date | null;
  readonly firstWordAt: Date | null;
  readonly endedAt: Date | null;
  readonly bridgedAt: Date | null;
  /** Of a call that was bridged. */
  readonly recorderStays: boolean;
  readonly endReason: string | null;
  readonly endDetail: string | null;
  readonly fromNumber: string | null;
  readonly sipCallId: string | null;
}

/** Why a call ended, where no worker's `ended` says so. */
export type OwnEndReason = 'operator_hung_up' | 'no_capacity' | `dial_${Exclude<DialOutcome, 'answered'>}`;
export type AnyEndReason = EndReason | OwnEndReason;

/** What one event of the worker in charge does to a call. */
export function applyEvent(state: CallState, event: CallEvent, direction: 'inbound' | 'outbound'): CallState {
  const at = new Date(event.at);
  switch (event.type) {
    case 'caller.joined':
      return {
        ...state,
        status: advance(state.status, 'ringing'),
        ...sipFacts(state, event.attributes, direction),
      };
    case 'call.answered':
      return {
        ...state,
        status: advance(state.status, 'active'),
        // The first worker saw the answer itself; the dial job and a rescuer only know that there was one.
        answeredAt: event.epoch === 1 ? at : (state.answeredAt ?? at),
      };
    case 'agent.first_word':
      return { ...state, firstWordAt: state.firstWordAt ?? at };
    case 'call.bridged':
      return { ...state, bridgedAt: state.bridgedAt ?? at, recorderStays: event.recorder === true };
    case 'recording.stopped':
      return { ...state, recorderStays: false };
    case 'ended':
      return end(state, { at, reason: event.reason, detail: event.detail });
    default:
      return state;
  }
}

/** Ends a call. The first end counts. */
export function end<S extends CallState>(
  state: S,
  { at, reason, detail }: { at: Date; reason: string; detail: string },
): S {
  if (!mayFollow(state.status, 'ended')) return state;
  return { ...state, status: 'ended', endedAt: at, endReason: reason, endDetail: detail };
}

/**
 * LiveKit's attributes of a SIP participant. The caller's number is news only for a call that came in, and not where it
 * only stood for an announcement.
 */
function sipFacts(
  state: CallState,
  attributes: Readonly<Record<string, string>>,
  direction: 'inbound' | 'outbound',
): Pick<CallState, 'fromNumber' | 'sipCallId'> {
  const caller = attributes['sip.phoneNumber'];
  return {
    fromNumber: direction === 'inbound' && caller && !isAnnouncedNumber(caller) ? caller : state.fromNumber,
    sipCallId: attributes['sip.callIDFull'] || attributes['sip.callID'] || state.sipCallId,
  };
}
