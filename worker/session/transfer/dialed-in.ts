import { setTimeout as sleep } from 'node:timers/promises';
import { type RemoteParticipant, type Room, RoomEvent } from '@livekit/rtc-node';
import { internalPaths, personIdentity } from '../../../core/calls/plan.ts';
import { isSettled } from '../../../core/calls/transfers/state.ts';
import { type TransferStep, type TransferView, transferView } from '../../../core/calls/transfers/wire.ts';
import type { Config } from '../../../platform/config.ts';
import { askControlPlane } from '../internal-client.ts';
import { waitForCaller, waitForLine } from '../line.ts';

/** How often the record of the transfer is looked at, beside what the room shows. */
const lookEveryMs = 600;
/** After this the phone has rung out, whatever the record says. */
const patienceMs = 60_000;

export type DialedIn =
  | { readonly answered: true; readonly person: RemoteParticipant }
  | ({ readonly answered: false } & TransferView);

/** Waits until the person of a transfer has answered in the room, or the dial job has said why not. */
export async function waitForPerson(
  room: Room,
  config: Config,
  transferId: string,
  signal: AbortSignal,
): Promise<DialedIn> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const identity = personIdentity(transferId);
  const answered = (async (): Promise<DialedIn> => {
    const person = await waitForCaller(room, identity, either);
    await waitForLine(room, person, either);
    return { answered: true, person };
  })();
  const failed = watchRecord(room, config, transferId, either);
  answered.catch(() => undefined);
  failed.catch(() => undefined);
  try {
    return await Promise.race([answered, failed]);
  } finally {
    over.abort();
  }
}

async function watchRecord(
  room: Room,
  config: Config,
  transferId: string,
  signal: AbortSignal,
): Promise<DialedIn> {
  const deadline = Date.now() + patienceMs;
  let changed = new AbortController();
  const onGone = () => changed.abort();
  room.on(RoomEvent.ParticipantDisconnected, onGone);
  try {
    while (Date.now() < deadline) {
      await sleep(lookEveryMs, undefined, { signal: AbortSignal.any([signal, changed.signal]) }).catch(
        () => undefined,
      );
      signal.throwIfAborted();
      changed = new AbortController();
      const view = await askControlPlane(config, internalPaths.transfer(transferId), transferView).catch(
        () => undefined,
      );
      if (view && isSettled(view.status)) return { answered: false, ...view };
    }
    return { answered: false, status: 'no_answer', detail: 'It rang for a minute.' };
  } finally {
    room.off(RoomEvent.ParticipantDisconnected, onGone);
  }
}

/** Tells the control plane how far the worker is. */
export const step = (config: Config, transferId: string, to: TransferStep): Promise<TransferView> =>
  askControlPlane(config, internalPaths.transfer(transferId), transferView, to);
