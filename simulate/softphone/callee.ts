import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './call.ts';
import type { Invite } from './invite.ts';

/** What a person called does; given to `Softphone.onInvite`. */
export type Callee = (invite: Invite) => void | Promise<void>;

export function busy(): Callee {
  return (invite) => invite.reject(486, 'Busy Here');
}

export function declined(status = 603, reason = 'Decline'): Callee {
  return (invite) => invite.reject(status, reason);
}

/** Rings until the caller gives up. */
export function noAnswer(): Callee {
  return (invite) => invite.ring();
}

/** Never says a word: as if nobody was at that address. */
export function unreachable(): Callee {
  return (invite) => invite.ignore();
}

/** Rings, then answers, then does what `talk` says. A caller who gave up meanwhile is no error. */
export function answerAfter(ms: number, talk?: (call: Call, invite: Invite) => void | Promise<void>): Callee {
  return async (invite) => {
    invite.ring();
    await Promise.race([sleep(ms), invite.cancelled]);
    if (!invite.open) return;
    const call = await invite.answer();
    await talk?.(call, invite);
  };
}
