import { AutoSubscribe, type JobContext } from '@livekit/agents';
import type { RoomOptions, RtcConfiguration } from '@livekit/rtc-node';
import { isLoopback } from '../../platform/is-loopback.ts';
import { hearOwnEvents } from './own-events.ts';

/** Joins the room of a job. Audio only: an agent has no eyes. */
export async function joinRoom(ctx: JobContext): Promise<void> {
  const { room } = ctx;
  hearOwnEvents(room);
  const connect = room.connect.bind(room);
  // JobContext has no way to say so, and rtc-node's type does not list the option; the native side knows it.
  room.connect = (url, token, options) => connect(url, token, { ...options, ...twoPeers } as RoomOptions);
  await ctx.connect(
    undefined,
    AutoSubscribe.AUDIO_ONLY,
    isLoopback(new URL(ctx.info.url).hostname) ? localOnly : undefined,
  );
}

/**
 * One for each direction. A single one is the default, and took 58 instead of 20 ms of processor time to join and
 * publish.
 */
const twoPeers = { singlePeerConnection: false };

/**
 * livekit-server tells its clients to ask Google's STUN servers, by name. On one machine that is of no use, costs a
 * dozen resolver threads a call, and tells a stranger that there is a call; a closed port of our own is asked instead.
 */
const localOnly = {
  iceServers: [{ urls: ['stun:127.0.0.1:9'], username: '', password: '' }],
} as unknown as RtcConfiguration;
