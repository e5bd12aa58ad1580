import { z } from 'zod';
import { sha256 } from '../../../platform/crypto.ts';
import { newId } from '../../../platform/ids.ts';
import { DomainError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { findCall } from '../call.ts';
import { supervisorIdentity } from '../plan.ts';
import { type SupervisorMode, supervisorMode } from './command.ts';

export interface SupervisorSeat {
  readonly token: string;
  readonly url: string;
  readonly room: string;
  readonly identity: string;
  readonly mode: SupervisorMode;
}

/** A way in that is used within minutes; whoever is in stays until the call ends. */
const ttlMs = 10 * 60_000;

/**
 * A supervisor's way into the room of a live call. Who listens is hidden and cannot speak; the other modes bring a
 * microphone, and the worker decides who hears it. Throws conflict for a call that is over.
 */
export const superviseCall = operation({
  name: 'call.supervise',
  scope: 'developer',
  input: z.object({
    callId: z.string(),
    mode: supervisorMode.default('listen'),
    /** Given by whoever asks: the same id gets the same seat, which a second client takes over from the first. */
    commandId: z.string().min(1).max(200).optional(),
  }),
  audit: ({ callId, commandId }, { identity, mode }: SupervisorSeat) => ({
    target: callId,
    details: { identity, mode, ...(commandId === undefined ? {} : { commandId }) },
  }),
  run: async (ctx, { callId, mode, commandId }): Promise<SupervisorSeat> => {
    const { call } = await findCall(ctx, callId);
    if (call.status === 'ended') throw new DomainError('conflict', 'The call is over.');
    if (call.bridgedAt !== null && mode !== 'listen')
      throw new DomainError(
        'conflict',
        'The agent has left the call: it can be listened to, but nobody is there to let a supervisor speak.',
      );
    const identity = supervisorIdentity(
      commandId === undefined ? newId() : sha256(`${callId}\n${mode}\n${commandId}`).slice(0, 32),
    );
    const room = call.roomName;
    const way = await ctx.services.ports.liveControl.issueToken({ roomName: room, identity, mode, ttlMs });
    return { ...way, room, identity, mode };
  },
});
