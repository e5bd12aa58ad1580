import type { SIPDispatchRuleInfo } from 'livekit-server-sdk';
import type { LiveKit } from './livekit.ts';

/** Name of our catch-all rule; also the preset that no LiveKit server has. */
const refuseName = 'trunkline:refuse';
/** Start of the room names that livekit-sip logs when it refuses a call by this rule. */
export const refusedRoomPrefix = 'refused';

/**
 * Makes sure that a caller for whom nothing is set up (number unknown, no agent mapped, address not allowed) gets a
 * final SIP answer. The open-source livekit-server drops such calls without one: the phone rings for minutes.
 *
 * So there is a catch-all dispatch rule, which leads into a room with a preset that does not exist: livekit-sip cannot
 * join it and answers 486 within milliseconds. No room is made, no agent is called, and none of our processes has to be
 * there. A catch-all rule of somebody else's has precedence. Returns whether something was changed.
 */
export async function settleRefusal(
  livekit: LiveKit,
  rules: readonly SIPDispatchRuleInfo[],
): Promise<boolean> {
  const wildcards = rules.filter((one) => one.trunkIds.length === 0);
  const ours = wildcards.filter((one) => one.name === refuseName);
  const foreign = wildcards.length > ours.length;
  if (!foreign && ours.length === 1) return false;
  for (const one of foreign ? ours : ours.slice(1))
    await livekit.sip.deleteSipDispatchRule(one.sipDispatchRuleId);
  if (foreign || ours.length > 0) return ours.length > 0;
  await livekit.sip.createSipDispatchRule(
    { type: 'individual', roomPrefix: refusedRoomPrefix },
    { name: refuseName, roomPreset: refuseName },
  );
  return true;
}
