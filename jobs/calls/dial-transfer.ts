import type { ParticipantInfo } from 'livekit-server-sdk';
import { isPersonIdentity, personIdentity } from '../../core/calls/plan.ts';
import { beginTransferDial, getTransfer, recordTransferDial } from '../../core/calls/transfers/index.ts';
import { retry } from '../../platform/retry.ts';
import { type DialResult, dial, watchLeg } from '../../sip/dial.ts';
import { ignoreGone } from '../../sip/livekit.ts';
import { isPerson, participantsOf, sipCallIdAttribute } from '../../sip/rooms.ts';
import type { JobServices } from '../services.ts';
import { paceTransfer } from './pace-transfer.ts';

/**
 * Rings the person of a transfer into the room of its call. The same care as for a call: at most one INVITE, which only
 * the run that committed `dialedAt` sends; a later run looks up in LiveKit what became of it.
 */
export async function dialTransfer(services: JobServices, transferId: string): Promise<string> {
  // Before anything is committed: a run that is lost while it waits is simply run again.
  if (!(await paceTransfer(services, transferId))) {
    const detail = 'The trunk has more calls to place than its carrier allows in a second.';
    await recordTransferDial(services.ctx, { transferId, outcome: 'failed', detail });
    return 'too many calls per second';
  }
  const order = await beginTransferDial(services.ctx, { transferId });
  if ('skip' in order) return `skipped: ${order.skip}`;
  const { callId, roomName, toNumber, route } = order;
  const identity = personIdentity(transferId);
  const ringTimeoutMs = services.limits.ringMs;
  let result: DialResult;
  const present = order.resume ? [] : await participantsOf(services.livekit, roomName);
  if (order.resume)
    result = await watchLeg(services.livekit, {
      ...{ callId, identity, roomName },
      patienceMs: ringTimeoutMs + 10_000,
    });
  // A participant would be made into a room that is gone: LiveKit opens it anew.
  else if (present === null)
    result = {
      outcome: 'canceled',
      sipStatus: null,
      sipReason: null,
      detail: 'The room of the call is gone.',
    };
  else
    result = await dial(
      services.livekit,
      {
        ...{ callId, identity, roomName, toNumber, ringTimeoutMs, legOf: sipCallIdIn(present) },
        outboundTrunkId: route.outboundTrunkId ?? '',
        fromNumber: route.fromNumber,
        krispEnabled: false,
      },
      services.log,
    );
  const { outcome, sipStatus, detail } = result;
  services.log.info({ callId, transferId, outcome, sipStatus, reason: detail }, 'a transfer was dialed');
  const { status } = await retry(
    () => recordTransferDial(services.ctx, { transferId, outcome, detail, sipStatus }),
    { attempts: 12, baseMs: 200, maxMs: 8_000 },
  );
  // Cancelled while it rang: whoever answered in the last moment is let go.
  if (status === 'cancelled') await endTransferLeg(services, transferId);
  return outcome;
}

/** Of the call itself, where it goes by telephone. */
const sipCallIdIn = (present: readonly ParticipantInfo[]): string | null =>
  present.find((one) => isPerson(one) && !isPersonIdentity(one.identity))?.attributes[sipCallIdAttribute] ??
  null;

/** Takes the leg of a transfer that came to nothing out of the room. */
export async function endTransferLeg(services: JobServices, transferId: string): Promise<string> {
  const { status, roomName } = await getTransfer(services.ctx, { transferId });
  if (status === 'joined') return 'left: they were put through';
  await ignoreGone(services.livekit.rooms.removeParticipant(roomName, personIdentity(transferId)));
  return 'removed';
}
