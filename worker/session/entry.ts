import type { JobContext } from '@livekit/agents';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { CallPlan } from '../../core/calls/plan.ts';
import { Call } from './call.ts';
import { withGuestsIn } from './guests.ts';
import type { CallHost } from './host.ts';
import { joinRoom } from './join-room.ts';
import type { Ending } from './outcome.ts';
import { loadPlan, readMetadata } from './plan.ts';
import { within } from './within.ts';

/**
 * The whole of one job, under the shared host or the stock agent server. Resolves when the call is over; rejects when
 * it could not begin (no plan, no room), after hanging up on whoever waits in the room.
 */
export async function entry(ctx: JobContext, host: CallHost): Promise<Ending> {
  const roomName = ctx.job.room?.name ?? '';
  const metadata = readMetadata(ctx.job.metadata);
  const loading = loadPlan(metadata, roomName, host.config);
  const joining = joinRoom(ctx);
  let plan: CallPlan;
  try {
    [plan] = await Promise.all([loading, joining]);
  } catch (error) {
    host.log.error({ err: error, room: roomName, metadata: metadata.kind }, 'a call cannot begin');
    const { httpUrl, apiKey, apiSecret } = host.config.livekit;
    await within(5_000, new RoomServiceClient(httpUrl, apiKey, apiSecret).deleteRoom(roomName));
    await within(5_000, ctx.room.disconnect());
    throw error;
  }
  host.onCall?.({ callId: plan.callId, epoch: plan.epoch });
  return await new Call(ctx, withGuestsIn(ctx.room, plan), host).run();
}
