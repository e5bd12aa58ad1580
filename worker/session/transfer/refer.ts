import { SipCallError, SipClient } from 'livekit-server-sdk';
import type { Caller } from '../caller.ts';
import type { CallParts } from '../parts.ts';

/** How long the carrier may take to say what became of a REFER: the target's phone rings meanwhile. */
const ringSeconds = 25;

export type Referral =
  | { readonly ok: true }
  /** `busy`: the carrier did try, and dialing ourselves would meet the same. */
  | { readonly ok: false; readonly busy: boolean; readonly detail: string };

/**
 * Cold transfer by SIP REFER (RFC 3515): the carrier connects the caller with `to`, and our legs end. A refusal (405,
 * 603, silence) leaves the caller where they are. Never rejects.
 */
export async function refer({ host, plan }: CallParts, caller: Caller, to: string): Promise<Referral> {
  const { participant } = caller;
  if (!participant) return { ok: false, busy: false, detail: 'There is no caller to transfer.' };
  const { httpUrl, apiKey, apiSecret } = host.config.livekit;
  const target = /^(sip|sips|tel):/i.test(to) ? to : `tel:${to}`;
  const sip = new SipClient(httpUrl, apiKey, apiSecret);
  try {
    await caller.leaveBy(
      sip.transferSipParticipant(plan.roomName, participant.identity, target, {
        playDialtone: false,
        ringingTimeout: ringSeconds,
        timeout: ringSeconds + 3,
      }),
    );
    return { ok: true };
  } catch (error) {
    const status = error instanceof SipCallError ? error.sipStatusCode : undefined;
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, busy: status === 486 || status === 600, detail };
  }
}
