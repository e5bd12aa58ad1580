import { AutoSubscribe, type JobContext } from '@livekit/agents';
import type { RoomOptions, RtcConfiguration } from '@livekit/rtc-node';
import { isLoopback } from '../../platform/is-loopback.ts';

/**
 * Joins the room of a job. Audio only: an agent has no eyes. One peer connection for both directions instead of two:
 * half the handshakes, which is most of what a burst of calls costs.
 */
export async function joinRoom(ctx: JobContext): Promise<void> {
  const { room } = ctx;
  const connect = room.connect.bind(room);
  // JobContext has no way to say so, and rtc-node's type does not list the option; the native side knows it.
  room.connect = (url, token, options) => connect(url, token, { ...options, ...onePeer } as RoomOptions);
  await ctx.connect(
    undefined,
    AutoSubscribe.AUDIO_ONLY,
    isLoopback(new URL(ctx.info.url).hostname) ? localOnly : undefined,
  );
}

const onePeer = { singlePeerConnection: true };

/**
 * livekit-server tells its clients to ask Google's STUN servers, by name. On one machine that is of no use, costs a
 * dozen resolver threads a call, and tells a stranger that there is a call; a closed port of our own is asked instead.
 */
const localOnly = {
  iceServers: [{ urls: ['stun:127.0.0.1:9'], username: '', password: '' }],
} as unknown as RtcConfiguration;
