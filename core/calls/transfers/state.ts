import type { TransferMode, TransferStatus } from '../../../db/schema/call-transfers.ts';

export type { TransferMode, TransferStatus } from '../../../db/schema/call-transfers.ts';

/**
 * The machine of a transfer. Pure.
 *
 *   calling → briefing → accepted → joined
 *        ↘ busy, no_answer, declined, voicemail, failed, cancelled
 *
 * The dial job and the worker report independently, so a step may be skipped; none goes back, and what is settled
 * stays.
 */
const open: readonly TransferStatus[] = ['calling', 'briefing', 'accepted'];

export const isSettled = (status: TransferStatus): boolean => !open.includes(status);

export function mayBecome(from: TransferStatus, to: TransferStatus): boolean {
  if (isSettled(from)) return false;
  return isSettled(to) || open.indexOf(to) > open.indexOf(from);
}

/** What an answer means: somebody who is not asked has accepted by picking up. */
export const onAnswer = (mode: TransferMode): TransferStatus => (mode === 'bridge' ? 'accepted' : 'briefing');

/** How ringing ended, as the dial job says it, in the words of a transfer. */
export function onDialFailure(outcome: string): TransferStatus {
  if (outcome === 'busy' || outcome === 'no_answer') return outcome;
  if (outcome === 'rejected') return 'declined';
  return outcome === 'canceled' ? 'cancelled' : 'failed';
}

/** Why the caller is back, for the agent to say it. */
export function reasonOf(status: TransferStatus, name: string): string {
  switch (status) {
    case 'busy':
      return `${name} could not take the call because their line is busy.`;
    case 'no_answer':
      return `${name} could not take the call because nobody answered.`;
    case 'declined':
      return `${name} could not take the call because they have no time at the moment.`;
    case 'voicemail':
      return `${name} could not take the call because only a voicemail or nobody in person was there.`;
    case 'cancelled':
      return 'The transfer was cancelled.';
    default:
      return `${name} could not be reached because the call to them did not work.`;
  }
}
