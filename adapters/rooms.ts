import { RoomAgentDispatch, RoomConfiguration, TrackSource } from '@livekit/protocol';
import { AccessToken, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import type { DispatchMetadata } from '../core/calls/plan.ts';
import type { Rooms } from '../core/ports.ts';
import type { Config } from '../platform/config.ts';

type LiveKit = Config['livekit'];

/** core/ports.ts `Rooms` on LiveKit's access tokens and room service. */
export class LiveKitRooms implements Rooms {
  readonly #livekit: LiveKit;
  readonly #agentName: string;
  readonly #browserUrl: string;

  /** @param options.browserUrl the ws(s):// URL that visitors' browsers use. */
  constructor({
    livekit,
    agentName,
    browserUrl,
  }: { livekit: LiveKit; agentName: string; browserUrl: string }) {
    this.#livekit = livekit;
    this.#agentName = agentName;
    this.#browserUrl = browserUrl;
  }

  async issueVisitorToken({ plan, identity, name, ttlMs }: Parameters<Rooms['issueVisitorToken']>[0]) {
    const token = new AccessToken(this.#livekit.apiKey, this.#livekit.apiSecret, {
      identity,
      name,
      ttl: Math.ceil(ttlMs / 1_000),
    });
    // No data messages: commands to the agent travel that way. No other source than the microphone.
    token.addGrant({
      roomJoin: true,
      room: plan.roomName,
      canSubscribe: true,
      canPublish: true,
      canPublishSources: [TrackSource.MICROPHONE],
      canPublishData: false,
    });
    // Only the id: whoever holds a token can read it, and the plan has the prompt and the functions' headers in it.
    const metadata: DispatchMetadata = { kind: 'call', callId: plan.callId, epoch: plan.epoch };
    token.roomConfig = new RoomConfiguration({
      emptyTimeout: 60,
      departureTimeout: 10,
      agents: [new RoomAgentDispatch({ agentName: this.#agentName, metadata: JSON.stringify(metadata) })],
    });
    return { token: await token.toJwt(), url: this.#browserUrl };
  }

  async identities(roomName: string): Promise<readonly string[]> {
    try {
      return (await roomService(this.#livekit).listParticipants(roomName)).map(({ identity }) => identity);
    } catch (error) {
      if (error instanceof ServerError && error.code === 'not_found') return [];
      throw error;
    }
  }
}

const roomService = ({ httpUrl, apiKey, apiSecret }: LiveKit, timeoutMs = 5_000): RoomServiceClient =>
  new RoomServiceClient(httpUrl, apiKey, apiSecret, { requestTimeout: timeoutMs / 1_000, failover: false });

export interface OpenRoom {
  readonly sid: string;
  readonly name: string;
}

/** The rooms LiveKit has open now. Throws when it does not answer within `timeoutMs`. */
export async function listOpenRooms(livekit: LiveKit, { timeoutMs = 5_000 } = {}): Promise<OpenRoom[]> {
  return (await roomService(livekit, timeoutMs).listRooms()).map(({ sid, name }) => ({ sid, name }));
}
