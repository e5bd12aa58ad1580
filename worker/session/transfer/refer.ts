import { type Room, RoomEvent } from '@livekit/rtc-node';
import { SipCallError, SipClient } from 'livekit-server-sdk';
import { messageOf } from '../../message-of.ts';
import type { Caller } from '../caller.ts';
import type { CallParts } from '../parts.ts';

/** How long the carrier may take to say what became of a REFER: the target's phone rings meanwhile. */
const ringSeconds = 25;
/**
 * How long a carrier that has moved the caller may keep our leg. A livekit-sip that has lost the answer holds the
 * carrier's NOTIFY for 5 s, and lets no BYE of the call through before.
 */
const departureMs = 8_000;

export type Referral =
  | { readonly ok: true }
  /** `busy`: the carrier did try, and dialing ourselves would meet the same. */
  | { readonly ok: false; readonly busy: boolean; readonly detail: string };

/**
 * Cold transfer by SIP REFER (RFC 3515): the carrier connects the caller with `to`, and our legs end. A refusal (405,
 * 603, silence) leaves the caller where they are. Never rejects.
 */
export async function refer({ host, plan, ctx }: CallParts, caller: Caller, to: string): Promise<Referral> {
  const { participant } = caller;
  if (!participant) return { ok: false, busy: false, detail: 'There is no caller to transfer.' };
  const { httpUrl, apiKey, apiSecret } = host.config.livekit;
  const target = /^(sip|sips|tel):/i.test(to) ? to : `tel:${to}`;
  const sip = new SipClient(httpUrl, apiKey, apiSecret);
  try {
    const transfer = sip.transferSipParticipant(plan.roomName, participant.identity, target, {
      playDialtone: false,
      ringingTimeout: ringSeconds,
      timeout: ringSeconds + 3,
    });
    await caller.leaveBy(
      transfer.catch((error: unknown) => unlessMoved(error, ctx.room, participant.identity, departureMs)),
    );
    return { ok: true };
  } catch (error) {
    const status = error instanceof SipCallError ? error.sipStatusCode : undefined;
    return { ok: false, busy: status === 486 || status === 600, detail: messageOf(error) };
  }
}

/**
 * livekit-sip sometimes loses the answer to a REFER: the transaction is over in the moment in which its answer is
 * there, and `sipResponse` takes either. Whether the carrier moves the caller then shows by their going. Rejects with
 * `error`.
 */
export async function unlessMoved(
  error: unknown,
  room: Pick<Room, 'on' | 'off' | 'remoteParticipants'>,
  identity: string,
  waitMs: number,
): Promise<void> {
  if (!messageOf(error).includes('transaction failed to complete')) throw error;
  await new Promise<void>((resolve, reject) => {
    const settle = (done: () => void) => {
      clearTimeout(timer);
      room.off(RoomEvent.ParticipantDisconnected, look);
      done();
    };
    const look = () => {
      if (!room.remoteParticipants.has(identity)) settle(resolve);
    };
    const timer = setTimeout(() => settle(() => reject(error)), waitMs);
    room.on(RoomEvent.ParticipantDisconnected, look);
    look();
  });
}
